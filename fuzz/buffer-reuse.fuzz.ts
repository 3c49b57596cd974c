import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from '../src/websocket/index.ts';

const CLIENTS = 3;
/** Milliseconds. A message that is missing fails the property, instead of being awaited forever. */
const LONGEST_WAIT = 10_000;

/** A message or ping from the server to a client, from a client to the server, or from the server to all clients. */
interface Sending {
  readonly who: 'server' | 'client' | 'all';
  readonly client: number;
  readonly kind: 'text' | 'binary' | 'ping' | 'fragments';
  readonly length: number;
  /** Whether the next sending waits for a later turn of the event loop. */
  readonly waits: boolean;
}

const sendings: fc.Arbitrary<Sending[]> = fc.array(
  fc.record({
    who: fc.constantFrom('server', 'client', 'all'),
    client: fc.nat(CLIENTS - 1),
    kind: fc.constantFrom('text', 'binary', 'binary', 'ping', 'fragments'),
    // Lengths near the limit for copies, the size of shared buffers, and the limits of the payload length forms.
    length: fc.oneof(
      fc.nat(125),
      fc.nat(2000),
      fc.integer({ min: 16_000, max: 17_000 }),
      fc.integer({ min: 65_000, max: 150_000 }),
    ),
    waits: fc.boolean(),
  }),
  { minLength: 1, maxLength: 25 },
) as fc.Arbitrary<Sending[]>;

/** Retains byte arrays with copies of them, to find out whether they change. */
class RetainedBytes {
  readonly #retained: { readonly bytes: Uint8Array; readonly copy: Buffer }[] = [];

  add(bytes: Uint8Array): void {
    this.#retained.push({ bytes, copy: Buffer.from(bytes) });
  }

  get count(): number {
    return this.#retained.length;
  }

  get unchanged(): boolean {
    return this.#retained.every(({ bytes, copy }) => copy.equals(bytes));
  }
}

let fill = 0;
/** Returns bytes that differ from those of the previous call. */
function payload(length: number): Buffer {
  fill = (fill + 41) % 251;
  return Buffer.from(Array.from({ length }, (_, index) => (fill + index * 7) % 128));
}

describe('bytes that the application has sent or received', () => {
  it('never change when buffers are reused', async () => {
    await fc.assert(
      fc.asyncProperty(sendings, async (all) => {
        const server = new WebSocketServer({ port: 0, host: '127.0.0.1', maxBackpressure: 0 });
        await once(server, 'listening');
        const [sent, received] = [new RetainedBytes(), new RetainedBytes()];
        const listen = (socket: WebSocket): void => {
          socket.on('message', (data) => received.add(data as Buffer));
          socket.on('ping', (data) => received.add(data));
          socket.on('pong', (data) => received.add(data));
          socket.on('error', () => {});
          socket.on('close', () => {
            isLost = true;
          });
        };
        let isLost = false;
        const pairs: [WebSocket, WebSocket][] = [];
        for (let index = 0; index < CLIENTS; index++) {
          const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`, {
            maxBackpressure: 0,
          });
          listen(client);
          const [[socket]] = await Promise.all([once(server, 'connection'), once(client, 'open')]);
          listen(socket);
          pairs.push([socket, client]);
        }
        let expected = 0;
        for (const { who, client, kind, length, waits } of all) {
          const bytes = payload(kind === 'ping' ? length % 126 : length);
          sent.add(bytes);
          const socket = pairs[client]![who === 'client' ? 1 : 0];
          if (who === 'all') {
            server.broadcast(bytes);
            expected += CLIENTS;
          } else if (kind === 'ping') {
            socket.ping(bytes);
            // Counts the ping and its pong.
            expected += 2;
          } else {
            if (kind === 'fragments') socket.send(bytes.subarray(0, length >> 1), { fin: false });
            socket.send(kind === 'fragments' ? bytes.subarray(length >> 1) : bytes, { binary: kind !== 'text' });
            expected++;
          }
          if (waits) await new Promise((resolve) => setImmediate(resolve));
        }
        const end = performance.now() + LONGEST_WAIT;
        while (received.count < expected && !isLost && performance.now() < end) {
          await new Promise((resolve) => setImmediate(resolve));
        }
        const result = { sent: sent.unchanged, received: received.unchanged, count: received.count };
        for (const [socket, client] of pairs) {
          socket.terminate();
          client.terminate();
        }
        server.close();
        expect(result).toEqual({ sent: true, received: true, count: expected });
      }),
      // Fewer runs, because each opens its own sockets.
      { numRuns: Math.ceil(Number(process.env.FUZZ_RUNS ?? 100) / 4) },
    );
  });
});
