#include <QCoreApplication>
#include <QWebSocket>
#include <QWebSocketServer>
#include <cstdio>
#include <cstring>

int main(int count, char** arguments) {
  if (count > 1 && std::strcmp(arguments[1], "--version") == 0) return std::puts(qVersion()) < 0;
  QCoreApplication app(count, arguments);
  QWebSocketServer server("echo", QWebSocketServer::NonSecureMode);
  if (!server.listen(QHostAddress::LocalHost)) return 1;
  QObject::connect(&server, &QWebSocketServer::newConnection, [&server] {
    QWebSocket* socket = server.nextPendingConnection();
    QObject::connect(socket, &QWebSocket::textMessageReceived, socket,
                     [socket](const QString& message) { socket->sendTextMessage(message); });
    QObject::connect(socket, &QWebSocket::binaryMessageReceived, socket,
                     [socket](const QByteArray& message) { socket->sendBinaryMessage(message); });
    QObject::connect(socket, &QWebSocket::disconnected, socket, &QObject::deleteLater);
  });
  std::printf("%d\n", server.serverPort());
  std::fflush(stdout);
  return app.exec();
}
