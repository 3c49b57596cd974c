import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex, DuplexOptions } from 'node:stream';
import * as ws from 'ws';
import type { Implementation } from './implementations.ts';

/** What is done with a stream of `createWebSocketStream`: where, when and what. */
export interface StreamScene {
  /** Which end of the connection has the stream. */
  readonly end: 'client' | 'server';
  /** The state of the WebSocket at the time of the action. `late`: it is closed before the stream is created. */
  readonly state: 'connecting' | 'open' | 'closing' | 'closing by the peer' | 'closed' | 'late';
  readonly action: OwnAction | PeerAction;
  /** Whether the stream has a listener of 'data'. */
  readonly reads: boolean;
  readonly options: DuplexOptions;
}

type OwnAction =
  | 'write'
  | 'write twice'
  | 'write and destroy'
  | 'end'
  | 'end with data'
  | 'destroy'
  | 'destroy with an error';
type PeerAction = 'the peer closes' | 'the peer resets' | 'the peer violates the protocol';

/** A text frame with RSV3, which nothing defines. */
const VIOLATION = Buffer.from('9100', 'hex');

/** The events of a stream, of its WebSocket and of the peer, each in its order. */
export interface StreamRecord {
  /** The stream and its WebSocket. */
  readonly here: string[];
  /** The peer is always a WebSocket of `ws`. */
  readonly peer: readonly string[];
}

/** Plays a scene, and records all that happens until the connection has ended and the stream has been destroyed. */
export async function playStreamScene(library: Implementation, scene: StreamScene): Promise<StreamRecord> {
  const here: string[] = [];
  const peerEvents: string[] = [];
  const ends = scene.end === 'client' ? await connectClient(library, scene) : await acceptClient(library);
  const { socket } = ends;
  recordSocket(socket, here);
  let peer = ends.peer();
  const openPeer = async (): Promise<ws.WebSocket> => {
    peer ??= await ends.accept();
    recordPeer(peer, peerEvents);
    return peer;
  };
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  if (scene.state !== 'connecting') {
    await openPeer();
    if (socket.readyState === 0) await once(socket, 'open');
  }
  if (scene.state === 'late') {
    peer!.close(1000, 'before');
    await closed;
    await turns(2);
  }
  const stream = library.createWebSocketStream(socket, scene.options);
  recordStream(stream, here, scene.reads);
  if (scene.state === 'late') await turns(2);
  const act = () => perform(scene.action, stream, ends, peer, here);

  switch (scene.state) {
    case 'connecting':
      act();
      // The peer has refused the handshake, or accepts it.
      if (!scene.action.startsWith('the peer')) {
        here.push('- accepted');
        if (socket.readyState === 0) await Promise.race([openPeer(), closed]);
        if (socket.readyState === 0) await Promise.race([once(socket, 'open'), closed]);
      }
      break;
    case 'open': {
      const heard = once(socket, 'message');
      peer!.send('text');
      await heard;
      const heardBytes = once(socket, 'message');
      peer!.send(Buffer.from('bytes'));
      await heardBytes;
      act();
      break;
    }
    case 'closing':
      socket.close(1001, 'here');
      act();
      break;
    case 'closing by the peer': {
      const { _socket: transport } = socket as unknown as { _socket: Socket };
      // After the listener of the library: it has received the Close frame.
      const received = once(transport, 'data');
      peer!.close(1000, 'there');
      await received;
      here.push(`- state ${socket.readyState}`);
      act();
      break;
    }
    case 'closed':
      peer!.close(1000, 'before');
      await closed;
      await turns(2);
      act();
      break;
    default:
      act();
  }

  if (scene.state === 'open' && ['write', 'write twice'].includes(scene.action)) {
    while (peerEvents.filter((event) => event.startsWith('message')).length < (scene.action === 'write' ? 1 : 2)) {
      await turns(1);
    }
  }
  if (peer !== undefined && socket.readyState === 1 && ['write', 'write twice'].includes(scene.action)) {
    await turns(2);
    here.push('- the peer closes');
    peer.close(1000, 'at last');
  }
  await closed;
  if (peer !== undefined && peer.readyState !== 3) await new Promise((resolve) => peer!.once('close', resolve));
  await turns(3);
  for (const [name, call] of [
    ['resume()', () => void stream.resume()],
    ['end()', () => void stream.end((error?: Error | null) => here.push(`end callback ${describe(error)}`))],
    ['destroy()', () => void stream.destroy()],
  ] as const) {
    here.push(`- ${describeStream(stream)}; ${name}`);
    call();
    await turns(3);
  }
  here.push(`- ${describeStream(stream)}`);
  await ends.dispose();
  return { here, peer: peerEvents };
}

interface Ends {
  readonly socket: ws.WebSocket;
  peer(): ws.WebSocket | undefined;
  /** Completes the opening handshake. */
  accept(): Promise<ws.WebSocket>;
  /** Refuses the opening handshake, or breaks it off. */
  refuse(how: PeerAction): void;
  dispose(): Promise<void>;
}

/** A client whose handshake waits until `accept()` is called. */
async function connectClient(library: Implementation, { state }: StreamScene): Promise<Ends> {
  const http = createServer();
  const server = new ws.WebSocketServer({ noServer: true });
  const upgraded = once(http, 'upgrade');
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const { port } = http.address() as AddressInfo;
  const socket = new library.WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: false });
  let peer: ws.WebSocket | undefined;
  const accept = async (): Promise<ws.WebSocket> => {
    const [request, transport, head] = await upgraded;
    server.handleUpgrade(request, transport, head, (accepted) => {
      peer = accepted;
    });
    return peer!;
  };
  if (state !== 'connecting') await accept();
  else await upgraded;
  return {
    socket,
    peer: () => peer,
    accept,
    refuse: (how) => {
      void upgraded.then((upgrade) => {
        const transport = upgrade[1] as Socket;
        if (how === 'the peer closes') transport.end('HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n');
        else if (how === 'the peer resets') transport.resetAndDestroy();
        else transport.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: foo\r\n\r\n');
      });
    },
    dispose: async () => {
      http.closeAllConnections();
      for (const transport of await Promise.race([upgraded, []])) (transport as Socket).destroy?.();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

async function acceptClient(library: Implementation): Promise<Ends> {
  const server = new library.WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  const accepted = once(server, 'connection');
  const peer = new ws.WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const opened = once(peer, 'open');
  const [socket] = (await accepted) as [ws.WebSocket];
  await opened;
  return {
    socket,
    peer: () => peer,
    accept: async () => peer,
    refuse: () => {},
    dispose: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function perform(
  action: StreamScene['action'],
  stream: Duplex,
  ends: Ends,
  peer: ws.WebSocket | undefined,
  here: string[],
): void {
  here.push(`- ${action}`);
  const callback =
    (name: string) =>
    (error?: Error | null): void =>
      void here.push(`${name} callback ${describe(error)}`);
  switch (action) {
    case 'write':
      stream.write('written', callback('write'));
      return;
    case 'write twice':
      stream.write('first', callback('first write'));
      stream.write(Buffer.from('second'), callback('second write'));
      return;
    case 'write and destroy':
      stream.write('first', callback('first write'));
      stream.write('second', callback('second write'));
      stream.destroy();
      return;
    case 'end':
      stream.end(callback('end'));
      return;
    case 'end with data':
      stream.end('last', callback('end'));
      return;
    case 'destroy':
      stream.destroy();
      return;
    case 'destroy with an error':
      stream.destroy(new Error('on purpose'));
      return;
    default: {
      if (peer === undefined) return ends.refuse(action);
      if (action === 'the peer closes') peer.close(1000, 'bye');
      const { _socket: transport } = peer as unknown as { _socket: Socket };
      if (transport === null || peer.readyState === 3) return;
      if (action === 'the peer resets') transport.resetAndDestroy();
      else if (action === 'the peer violates the protocol') transport.write(VIOLATION);
    }
  }
}

function recordSocket(socket: ws.WebSocket, events: string[]): void {
  socket.on('open', () => events.push('socket open'));
  socket.on('message', (data, isBinary) => events.push(`socket message ${data} ${isBinary}`));
  socket.on('error', (error) => events.push(`socket error ${describe(error)}`));
  socket.on('close', (code, reason) => events.push(`socket close ${code} ${reason}`));
}

function recordPeer(peer: ws.WebSocket, events: string[]): void {
  peer.on('message', (data, isBinary) => events.push(`message ${data} ${isBinary}`));
  peer.on('error', (error) => events.push(`error ${describe(error)}`));
  peer.on('close', (code, reason) => events.push(`close ${code} ${reason}`));
}

function recordStream(stream: Duplex, events: string[], reads: boolean): void {
  for (const event of ['end', 'finish', 'close', 'drain']) stream.on(event, () => events.push(event));
  stream.on('error', (error) => events.push(`error ${describe(error)}`));
  if (reads) stream.on('data', (data) => events.push(`data ${typeof data} ${data}`));
}

/** Pushwire has errors with a code and a text of its own for what is wrong on the wire, and a code for a closed connection. */
function describe(error: (Error & { code?: string }) | null | undefined): string {
  if (error === null || error === undefined) return 'none';
  const { code, message } = error;
  if (code === 'WS_ERR_NOT_OPEN') return message;
  if (['Invalid Upgrade header', 'Upgrade is not "websocket"'].includes(message)) return 'invalid response';
  return code?.startsWith('WS_ERR_') ? code : `${code ?? ''} ${message}`.trim();
}

const FLAGS = ['destroyed', 'readableEnded', 'writableEnded', 'writableFinished', 'errored', 'closed'] as const;

function describeStream(stream: Duplex): string {
  return FLAGS.filter((flag) => stream[flag]).join(' ') || 'untouched';
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise(setImmediate);
}
