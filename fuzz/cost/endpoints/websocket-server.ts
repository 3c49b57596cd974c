import { createServer } from 'node:http';
import type { WebSocket } from '../../../src/index.ts';
import type { Push, WebSocketServerScenario } from '../scenario.ts';
import { type Endpoint, inTurns, listen, type Package } from './endpoint.ts';

const FILLING = Buffer.alloc(64 * 1024);

/** The number of fragments of an unfinished message: more than the kernel buffers for a peer that does not read. */
const MAX_FRAGMENTS = 160;

/** The path that a bystander connects to. The server sends it only echoes. */
export const BYSTANDER = '/bystander';

export async function webSocketServer(
  { WebSocketServer }: Package,
  scenario: WebSocketServerScenario,
): Promise<Endpoint> {
  const http = createServer();
  const server = new WebSocketServer({ server: http, ...scenario.options });
  const peers = new Set<WebSocket>();
  const { does } = scenario;
  let connected = 0;
  let pushing = typeof does === 'object';

  server.on('connection', (socket, request) => {
    socket.on('error', () => {});
    if (request.url === BYSTANDER) {
      socket.on('message', (data, isBinary) => void socket.send(isBinary ? data : String(data)));
      return;
    }
    peers.add(socket);
    socket.on('close', () => peers.delete(socket));
    if (does === 'echo')
      socket.on('message', (data, isBinary) => void socket.send(data as Buffer, { binary: isBinary }));
    if (++connected === scenario.connections && typeof does === 'object') {
      void push(does).finally(() => {
        pushing = false;
      });
    }
  });

  async function push({ how, size, count, binary, compress, fill }: Push): Promise<void> {
    const message = (): Buffer | string => (binary ? Buffer.alloc(size, 'x') : 'x'.repeat(size));
    const options = { compress, filter: (socket: WebSocket) => peers.has(socket) };
    if (how === 'broadcast behind a fragment') for (const peer of peers) sendFragments(peer);
    for (let filled = 0; filled < fill; filled += FILLING.length) {
      for (const peer of peers) peer.send(FILLING, { compress: false });
    }
    let left = count;
    await inTurns(async () => {
      if (how === 'send' || how === 'send in turns') for (const peer of peers) peer.send(message(), { compress });
      else server.broadcast(message(), options);
      if (how === 'send in turns') await new Promise((resolve) => setImmediate(resolve));
      return --left > 0 && peers.size > 0;
    });
  }

  return {
    port: await listen(http),
    counted() {
      const { receiveMemory, ...metrics } = server.metrics();
      // Older builds do not have this metric.
      const { sendMemory } = metrics as { sendMemory?: number };
      let buffered = 0;
      for (const peer of peers) buffered += peer.bufferedAmount;
      return receiveMemory + (sendMemory ?? buffered);
    },
    open: () => peers.size,
    busy: () => pushing,
  };
}

/** Sends a long message and waits for 'drain', as an application should. A peer that reads receives one fragment per turn. */
function sendFragments(socket: WebSocket): void {
  let left = MAX_FRAGMENTS;
  const pump = (): void => {
    if (socket.readyState !== socket.OPEN || left-- === 0) return;
    if (socket.send(FILLING, { fin: false, compress: false })) setImmediate(pump);
  };
  socket.on('drain', pump);
  pump();
}
