#include <QCoreApplication>
#include <QWebSocket>
#include <cstdio>
#include <cstring>

static QString base;
static int next = 1, total = 0, working = 4;

static void work() {
  if (next > total) {
    if (--working == 0) QCoreApplication::quit();
    return;
  }
  auto* socket = new QWebSocket;
  QObject::connect(socket, &QWebSocket::textMessageReceived, socket,
                   [socket](const QString& message) { socket->sendTextMessage(message); });
  QObject::connect(socket, &QWebSocket::binaryMessageReceived, socket,
                   [socket](const QByteArray& message) { socket->sendBinaryMessage(message); });
  QObject::connect(socket, &QWebSocket::disconnected, socket, [socket] {
    socket->deleteLater();
    work();
  });
  // It reports an invalid response, and leaves TCP open.
  QObject::connect(socket, QOverload<QAbstractSocket::SocketError>::of(&QWebSocket::error), socket, &QWebSocket::abort);
  socket->open(QUrl(base + QString("/runCase?case=%1&agent=qtwebsockets").arg(next++)));
}

int main(int count, char** arguments) {
  if (count > 1 && std::strcmp(arguments[1], "--version") == 0) return std::puts(qVersion()) < 0;
  QCoreApplication app(count, arguments);
  base = arguments[1];
  QWebSocket asking;
  QObject::connect(&asking, &QWebSocket::textMessageReceived, [](const QString& message) {
    total = message.toInt();
    for (int worker = 0; worker < 4; worker++) work();
  });
  asking.open(QUrl(base + "/getCaseCount"));
  return app.exec();
}
