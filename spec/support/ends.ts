import { once } from 'node:events';
import { onTestFinished } from 'vitest';
import { type ClientOptions, type ServerOptions, WebSocket } from '../../src/websocket/index.ts';
import { type FrameDescription, frame } from './frames.ts';
import { RawPeer, rawWebSocketServer } from './raw-peer.ts';
import { nextConnection, startServer } from './sockets.ts';

/** The role of the WebSocket under test. */
export type Role = 'server' | 'client';
export const ROLES: readonly Role[] = ['server', 'client'];

/** An open WebSocket and the raw peer that it is connected to. */
export interface Ends {
  readonly socket: WebSocket;
  readonly peer: RawPeer;
  /** Encodes frames of the peer, masked if the peer is the client (RFC 6455 §5.1). */
  frames(...descriptions: readonly FrameDescription[]): Buffer;
  /** Sends frames from the peer in one write. */
  send(...descriptions: readonly FrameDescription[]): void;
}

export async function openEnds(role: Role, options: ServerOptions & ClientOptions = {}): Promise<Ends> {
  const [socket, peer] = role === 'server' ? await openServerEnd(options) : await openClientEnd(options);
  const frames = (...descriptions: readonly FrameDescription[]): Buffer =>
    Buffer.concat(
      descriptions.map((description) => frame(role === 'server' ? description : { mask: false, ...description })),
    );
  return { socket, peer, frames, send: (...descriptions) => peer.write(frames(...descriptions)) };
}

async function openServerEnd(options: ServerOptions): Promise<[WebSocket, RawPeer]> {
  const { server, port } = await startServer(options);
  const accepted = nextConnection(server);
  const peer = await RawPeer.open(port);
  return [await accepted, peer];
}

async function openClientEnd(options: ClientOptions): Promise<[WebSocket, RawPeer]> {
  let accept: (peer: RawPeer) => void;
  const accepted = new Promise<RawPeer>((resolve) => {
    accept = resolve;
  });
  const port = await rawWebSocketServer((peer) => accept(peer));
  const socket = new WebSocket(`ws://127.0.0.1:${port}`, options);
  onTestFinished(() => socket.terminate());
  await once(socket, 'open');
  return [socket, await accepted];
}
