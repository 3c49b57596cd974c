import type { INestApplication, WebSocketAdapter, WsMessageHandler } from '@nestjs/common';
import { type ServerOptions, type WebSocket, WebSocketServer } from 'pushwire';
import type { Observable } from 'rxjs';

/** Gateways of NestJS on pushwire. Messages are `{"event": "name", "data": …}`, as with the adapter for `ws`. */
export class PushwireAdapter implements WebSocketAdapter<WebSocketServer, WebSocket, ServerOptions> {
  readonly #application: INestApplication;

  constructor(application: INestApplication) {
    this.#application = application;
  }

  /** The options are those of `@WebSocketGateway()`: all options of a WebSocketServer. The port 0 stands for the HTTP server. */
  create(port: number, options: ServerOptions = {}): WebSocketServer {
    if (port !== 0) return new WebSocketServer({ ...options, port });
    return new WebSocketServer({ ...options, server: this.#application.getHttpServer() });
  }

  bindClientConnect(server: WebSocketServer, callback: (client: WebSocket) => void): void {
    server.on('connection', callback);
  }

  bindClientDisconnect(client: WebSocket, callback: () => void): void {
    client.on('close', callback);
  }

  /** The application has not started yet. The client reconnects. */
  closeClient(client: WebSocket): void {
    client.close(1013);
  }

  bindMessageHandlers(
    client: WebSocket,
    handlers: WsMessageHandler[],
    transform: (answer: unknown) => Observable<unknown>,
  ): void {
    client.on('error', () => {});
    // NestJS emits what a handler has thrown.
    client.on('exception' as 'error', (exception) => send(client, { event: 'exception', data: exception }));
    client.on('message', (data, isBinary) => {
      const { event, data: content } = isBinary ? {} : parse(String(data));
      const handler = handlers.find(({ message }) => message === event);
      if (handler === undefined) return;
      transform(handler.callback(content, event)).subscribe((answer) => {
        if (answer !== undefined) send(client, answer);
      });
    });
  }

  async close(server: WebSocketServer): Promise<void> {
    await server.shutdown();
  }

  /** NestJS calls it after `close()`, although the interface does not name it. */
  dispose(): void {}
}

/** After the end of the connection, nothing is sent. */
function send(client: WebSocket, message: unknown): void {
  if (client.readyState === client.OPEN) client.send(JSON.stringify(message));
}

/** Text that is not a message has no event. */
function parse(text: string): { event?: unknown; data?: unknown } {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}
