/**
 * Opens and closes connections of both protocols in one process. The argument is their number. Prints the memory and the
 * handles in use before and after. Requires --expose-gc.
 */
import { once } from 'node:events';
import { createServer, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { EventStream } from '../../src/sse/index.ts';
import { WebSocket, WebSocketServer } from '../../src/websocket/index.ts';

const CONNECTIONS = Number(process.argv[2]);
const AT_ONCE = 100;

const http = createServer((request, response) => {
  EventStream.open(request, response).send('hello');
});
const server = new WebSocketServer({ server: http, perMessageDeflate: true });
server.on('connection', (socket) => socket.send('hello'));
http.listen(0, '127.0.0.1');
await once(http, 'listening');
const { port } = http.address() as AddressInfo;

async function webSocket(): Promise<void> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}`);
  await once(socket, 'message');
  socket.close(1000);
  await once(socket, 'close');
}

async function eventStream(): Promise<void> {
  const request = get({ port, host: '127.0.0.1', agent: false });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  await once(response, 'data');
  response.on('error', () => {});
  request.destroy();
  await once(request, 'close');
}

async function openAndClose(count: number): Promise<void> {
  for (let done = 0; done < count; done += AT_ONCE) {
    await Promise.all(Array.from({ length: AT_ONCE }, (_, index) => (index % 2 === 0 ? webSocket() : eventStream())));
  }
}

interface Usage {
  readonly heap: number;
  readonly handles: number;
}

async function usage(): Promise<Usage> {
  // Closed connections are released within some turns of the event loop.
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setTimeout(resolve, 2));
  for (let round = 0; round < 3; round++) globalThis.gc?.();
  return { heap: process.memoryUsage().heapUsed, handles: process.getActiveResourcesInfo().length };
}

await openAndClose(Math.min(1_000, CONNECTIONS));
const before = await usage();
await openAndClose(CONNECTIONS);
const after = await usage();
console.log(JSON.stringify({ before, after, open: server.metrics().connections.open }));
await server.shutdown();
http.close();
// The process must exit without a call of process.exit().
