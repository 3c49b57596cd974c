/**
 * permessage-deflate beside `ws`: messages a second, bytes on the wire, and memory of idle connections.
 *
 *     npm run bench -- deflate
 *
 * Method: each server runs in a process of its own and echoes; the load is made by this process, with raw sockets and
 * frames that were compressed before, so that it costs the same for each server. The rounds alternate between the servers,
 * and the table has medians. 300 B of JSON in each message, each a little different; context takeover on both sides.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { frame } from '../spec/support/frames.ts';
import { upgradeRequest } from '../spec/support/raw-peer.ts';
import { Deflater } from '../src/websocket/wire/permessage-deflate.ts';

const LIBRARIES = ['pushwire', 'ws'] as const;
type Library = (typeof LIBRARIES)[number];

const { values } = parseArgs({ options: { rounds: { type: 'string' }, quick: { type: 'boolean', default: false } } });
const ROUNDS = Number(values.rounds ?? (values.quick ? 3 : 7));
/** Milliseconds of a round. */
const DURATION = values.quick ? 500 : 2_000;
const CONNECTIONS = 64;
const IDLE_CONNECTIONS = values.quick ? 500 : 2_000;
/** Messages on each connection; when they are used up, the same frames come again, which need no window before them. */
const MESSAGES = 512;

/** Message number `index`, with what changes in such messages. */
function message(index: number): Buffer {
  const text = JSON.stringify({
    type: 'order-updated',
    id: 4_000_000 + index,
    at: new Date(1_790_000_000_000 + index * 137).toISOString(),
    customer: { id: (index * 7919) % 10_007, name: 'Grete Müßig', tier: 'gold' },
    items: [{ sku: `SKU-${(index * 31) % 997}`, quantity: (index % 5) + 1, price: 1999 + (index % 90) }],
    status: ['new', 'paid', 'packed', 'sent'][index % 4],
  });
  return Buffer.from(text.padEnd(300));
}

/** Frames of a client, each made without a window, so that they can be sent over and over. */
const FRAMES: readonly Buffer[] = Array.from({ length: MESSAGES }, (_, index) => {
  const payload = new Deflater(15, false, 0, {}).deflate(message(index), true);
  return frame({ rsv: 4, opcode: 1, payload });
});

/** A server in its own process. */
class Server {
  readonly #process: ChildProcess;
  port = 0;

  private constructor(library: Library) {
    const file = fileURLToPath(new URL('./deflate-server.ts', import.meta.url));
    this.#process = fork(file, [library], { execArgv: ['--expose-gc', '--import', 'tsx'] });
  }

  static async start(library: Library): Promise<Server> {
    const server = new Server(library);
    [server.port] = await once(server.#process, 'message');
    return server;
  }

  /** Bytes of its memory, after a collection. */
  async memory(): Promise<number> {
    const reply = once(this.#process, 'message');
    this.#process.send('memory');
    return (await reply)[0];
  }

  stop(): void {
    this.#process.kill('SIGKILL');
  }
}

async function open(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1' }).setNoDelay();
  socket.write(upgradeRequest({ 'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits' }));
  const [head] = (await once(socket, 'data')) as [Buffer];
  if (!head.includes('permessage-deflate')) throw new Error(`The server does not compress: ${head}`);
  return socket;
}

/** How many frames of a server begin in a stream of chunks: their headers are of two or four bytes. */
class FrameCounter {
  count = 0;
  bytes = 0;
  #skip = 0;
  #header: number[] = [];

  take(chunk: Buffer): number {
    const before = this.count;
    this.bytes += chunk.length;
    for (let offset = 0; offset < chunk.length; ) {
      if (this.#skip > 0) {
        const skipped = Math.min(this.#skip, chunk.length - offset);
        this.#skip -= skipped;
        offset += skipped;
        if (this.#skip === 0) this.count++;
        continue;
      }
      this.#header.push(chunk[offset++]!);
      const [, length = 0, high = 0, low = 0] = this.#header;
      const size = length === 126 ? 4 : 2;
      if (this.#header.length < size) continue;
      this.#skip = length === 126 ? high * 256 + low : length;
      this.#header = [];
    }
    return this.count - before;
  }
}

/** One message in flight on each connection; messages a second, and bytes of an echo. */
async function echo(port: number): Promise<{ rate: number; bytes: number }> {
  const sockets = await Promise.all(Array.from({ length: CONNECTIONS }, () => open(port)));
  let running = true;
  let echoed = 0;
  let bytes = 0;
  for (const socket of sockets) {
    const counter = new FrameCounter();
    let next = 0;
    socket.on('data', (chunk: Buffer) => {
      const come = counter.take(chunk);
      echoed += come;
      bytes += chunk.length;
      if (running && come > 0) socket.write(FRAMES[next++ % MESSAGES]!);
    });
    socket.write(FRAMES[next++]!);
  }
  const begun = performance.now();
  const countBefore = echoed;
  await new Promise((resolve) => setTimeout(resolve, DURATION));
  const rate = (echoed - countBefore) / ((performance.now() - begun) / 1000);
  running = false;
  for (const socket of sockets) socket.destroy();
  return { rate, bytes: bytes / echoed };
}

/** Bytes of memory of a connection that has exchanged some messages and is idle. */
async function idle(server: Server): Promise<number> {
  const before = await server.memory();
  const sockets: Socket[] = [];
  while (sockets.length < IDLE_CONNECTIONS) {
    const some = await Promise.all(Array.from({ length: 100 }, () => open(server.port)));
    for (const socket of some) {
      const counter = new FrameCounter();
      const done = new Promise<void>((resolve) => {
        socket.on('data', (chunk: Buffer) => {
          counter.take(chunk);
          if (counter.count === 8) resolve();
        });
      });
      socket.write(Buffer.concat(FRAMES.slice(0, 8)));
      await done;
    }
    sockets.push(...some);
  }
  const after = await server.memory();
  for (const socket of sockets) socket.destroy();
  return (after - before) / IDLE_CONNECTIONS;
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)]!;
}

const rates: Record<Library, number[]> = { pushwire: [], ws: [] };
const sizes: Record<Library, number[]> = { pushwire: [], ws: [] };
const memory: Record<Library, number> = { pushwire: 0, ws: 0 };
for (let round = 0; round < ROUNDS; round++) {
  for (const library of LIBRARIES) {
    const server = await Server.start(library);
    // A first run warms it up.
    await echo(server.port);
    const { rate, bytes } = await echo(server.port);
    rates[library].push(rate);
    sizes[library].push(bytes);
    server.stop();
  }
}
for (const library of LIBRARIES) {
  const server = await Server.start(library);
  memory[library] = await idle(server);
  server.stop();
}

const ratio = (one: number, other: number): string => `${(one / other).toFixed(2)} x`;
console.table(
  Object.fromEntries(
    LIBRARIES.map((library) => [
      library,
      {
        'messages/s, median': Math.round(median(rates[library])),
        lowest: Math.round(Math.min(...rates[library])),
        highest: Math.round(Math.max(...rates[library])),
        'of ws': ratio(median(rates[library]), median(rates.ws)),
        'bytes on the wire': Math.round(median(sizes[library])),
        'KiB an idle connection': (memory[library] / 1024).toFixed(1),
        'memory of ws': ratio(memory[library], memory.ws),
      },
    ]),
  ),
);
