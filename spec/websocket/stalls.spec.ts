import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { WebSocket } from '../../src/websocket/index.ts';
import { bundleProgram } from '../support/bundled-program.ts';
import { ChildProgram } from '../support/child-program.ts';
import { ending, nextConnection, openClient, startServer } from '../support/sockets.ts';

/** Milliseconds: a timeout that the peer keeps, and a stall of the event loop that is longer. */
const TIMEOUT = 400;
const STALL = 800;

const program = (): string => bundleProgram(new URL('../support/slow-peer.ts', import.meta.url));

/** Nothing is read and no timer runs meanwhile, as if the application computed something. */
function stall(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, STALL);
}

/** Stalls the event loop while a peer waits before it answers. */
async function stallDuring(peer: ChildProgram): Promise<void> {
  await once(peer.process, 'message');
  stall();
}

const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
};

describe('a stall of our own event loop does not end a connection whose peer has answered in time', () => {
  it('heartbeatTimeout', async () => {
    const { server, port } = await startServer({ heartbeatInterval: 20, heartbeatTimeout: TIMEOUT });
    const accepted = nextConnection(server);
    const peer = new ChildProgram(program(), { args: ['pong', String(port)] });
    const socket = await accepted;
    socket.on('error', () => {});
    await stallDuring(peer);
    await once(socket, 'pong');
    await turns(3);
    expect(socket.readyState).toBe(WebSocket.OPEN);
    expect(server.metrics().limits).toEqual({});
  });

  it('messageTimeout', async () => {
    const { server, port } = await startServer({ messageTimeout: TIMEOUT });
    const accepted = nextConnection(server);
    const peer = new ChildProgram(program(), { args: ['rest of a message', String(port)] });
    const socket = await accepted;
    const received: string[] = [];
    socket.on('error', (error) => received.push(String(error)));
    socket.on('message', (data) => received.push(String(data)));
    await stallDuring(peer);
    await expect.poll(() => received).toEqual(['begun and done']);
  });

  it('closeTimeout', async () => {
    const { server, port } = await startServer({ closeTimeout: TIMEOUT });
    const accepted = nextConnection(server);
    const peer = new ChildProgram(program(), { args: ['Close frame', String(port)] });
    const socket = await accepted;
    const ended = ending(socket);
    socket.close(1000);
    await stallDuring(peer);
    expect(await ended).toMatchObject({ code: 1000, errors: [] });
  });

  it('handshakeTimeout of a client', async () => {
    const peer = new ChildProgram(program(), { args: ['101'] });
    const [{ port }] = await once(peer.process, 'message');
    const opened = openClient(`ws://127.0.0.1:${port}`, { handshakeTimeout: TIMEOUT });
    await stallDuring(peer);
    expect((await opened).readyState).toBe(WebSocket.OPEN);
  });
});
