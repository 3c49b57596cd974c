import type { IncomingMessage, ServerResponse } from 'node:http';
import type { WebSocketServer } from 'pushwire';

/** Of a message, in bytes. */
export const MAX_MESSAGE: number = 64 * 1024;

/** Sends each message of a WebSocket, and the body of each POST request, to all WebSockets and all event streams. */
export interface Room {
  readonly webSockets: WebSocketServer;
  /** Responds with an event stream of the messages. */
  openStream(request: IncomingMessage, response: ServerResponse, headers: Readonly<Record<string, string>>): void;
  /** Sends the body of a request to all. */
  post(request: IncomingMessage, response: ServerResponse): Promise<void>;
  close(): Promise<void>;
}
