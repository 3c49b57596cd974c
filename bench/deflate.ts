/**
 * permessage-deflate beside `ws`: messages a second, bytes on the wire, and memory of idle connections.
 *
 *     npm run bench -- deflate
 *
 * Method: each server runs in a process of its own and echoes; the load is made by this process, with raw sockets and
 * frames that were compressed before, so that it costs the same for each server. The rounds alternate between the servers,
 * and the table has medians. 300 B of JSON in each message, each a little different; context takeover on both sides.
 * Two loads: one message in flight on each of 64 connections, where a good part of the time goes to the system's calls for
 * reading and writing; and 16 in one write, where it goes to compression.
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

const PLAIN_FRAMES: readonly Buffer[] = Array.from({ length: 8 }, (_, index) =>
  frame({ opcode: 1, payload: message(index) }),
);

/** A server in its own process. */
class Server {
  readonly #process: ChildProcess;
  port = 0;

  private constructor(library: Library, compresses: boolean) {
    const file = fileURLToPath(new URL('./deflate-server.ts', import.meta.url));
    this.#process = fork(file, [library, String(compresses)], { execArgv: ['--expose-gc', '--import', 'tsx'] });
  }

  static async start(library: Library, compresses = true): Promise<Server> {
    const server = new Server(library, compresses);
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

async function open(port: number, compressed = true): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1' }).setNoDelay();
  socket.write(upgradeRequest({ 'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits' }));
  const [head] = (await once(socket, 'data')) as [Buffer];
  if (head.includes('permessage-deflate') !== compressed) throw new Error(`This was not asked for: ${head}`);
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

/** So many messages in flight on each connection; messages a second, and bytes of an echo. */
async function echo(port: number, inFlight: number): Promise<{ rate: number; bytes: number }> {
  const sockets = await Promise.all(Array.from({ length: CONNECTIONS }, () => open(port)));
  let running = true;
  let echoed = 0;
  let bytes = 0;
  for (const socket of sockets) {
    const counter = new FrameCounter();
    let next = 0;
    let awaited = 0;
    const send = (): void => {
      awaited = inFlight;
      const first = (next++ * inFlight) % MESSAGES;
      socket.write(inFlight === 1 ? FRAMES[first]! : Buffer.concat(FRAMES.slice(first, first + inFlight)));
    };
    socket.on('data', (chunk: Buffer) => {
      const come = counter.take(chunk);
      echoed += come;
      bytes += chunk.length;
      awaited -= come;
      if (running && awaited === 0) send();
    });
    socket.on('error', () => {});
    send();
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
async function idle(server: Server, compressed: boolean): Promise<number> {
  const before = await server.memory();
  const sockets: Socket[] = [];
  while (sockets.length < IDLE_CONNECTIONS) {
    const some = await Promise.all(Array.from({ length: 100 }, () => open(server.port, compressed)));
    for (const socket of some) {
      const counter = new FrameCounter();
      const done = new Promise<void>((resolve) => {
        socket.on('data', (chunk: Buffer) => {
          counter.take(chunk);
          if (counter.count === 8) resolve();
        });
      });
      socket.write(Buffer.concat(compressed ? FRAMES.slice(0, 8) : PLAIN_FRAMES));
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

const LOADS = [1, 16] as const;
const rates = LIBRARIES.map(() => LOADS.map((): number[] => []));
const sizes = LIBRARIES.map((): number[] => []);
for (let round = 0; round < ROUNDS; round++) {
  for (const [index, library] of LIBRARIES.entries()) {
    const server = await Server.start(library);
    for (const [load, inFlight] of LOADS.entries()) {
      // A first run warms it up.
      await echo(server.port, inFlight);
      const { rate, bytes } = await echo(server.port, inFlight);
      rates[index]![load]!.push(rate);
      sizes[index]!.push(bytes);
    }
    server.stop();
  }
}
const memory: number[] = [];
for (const library of LIBRARIES) {
  const server = await Server.start(library);
  memory.push(await idle(server, true));
  server.stop();
}
const plainServer = await Server.start('pushwire', false);
const plain = await idle(plainServer, false);
plainServer.stop();

const ratio = (one: number, other: number): string => `${(one / other).toFixed(2)} x`;
const spread = (numbers: readonly number[]): string =>
  `${Math.round(median(numbers))} (${Math.round(Math.min(...numbers))} to ${Math.round(Math.max(...numbers))})`;
console.table(
  Object.fromEntries(
    LIBRARIES.map((library, index) => [
      library,
      {
        'messages/s, 1 in flight': spread(rates[index]![0]!),
        'of ws': ratio(median(rates[index]![0]!), median(rates[1]![0]!)),
        'messages/s, 16 in flight': spread(rates[index]![1]!),
        ' of ws': ratio(median(rates[index]![1]!), median(rates[1]![1]!)),
        'bytes an echo': Math.round(median(sizes[index]!)),
        'KiB an idle connection': (memory[index]! / 1024).toFixed(1),
        '  of ws': ratio(memory[index]!, memory[1]!),
      },
    ]),
  ),
);
console.log(`An idle connection of pushwire without compression: ${(plain / 1024).toFixed(1)} KiB`);
