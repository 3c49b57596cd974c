import type { WebSocket } from 'pushwire';

/** Something to send. */
export interface Outgoing {
  readonly kind: 'text' | 'binary' | 'ping' | 'pong';
  readonly data: string | Buffer;
}

/** Sends a message or a control frame. Returns whether more can be sent at once. */
export type Transmit = (socket: WebSocket, outgoing: Outgoing) => boolean;

export const transmit: Transmit = (socket, { kind, data }) => {
  if (kind === 'text' || kind === 'binary') return socket.send(data, { binary: kind === 'binary' }) === true;
  if (kind === 'ping') socket.ping(data);
  else socket.pong(data);
  return true;
};
