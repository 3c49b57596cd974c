import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from '../src/websocket/index.ts';

const CLIENTS = 3;

/** Something that is sent: by the server to a client, by a client, or by the server to all. */
interface Sending {
  readonly who: 'server' | 'client' | 'all';
  readonly client: number;
  readonly kind: 'text' | 'binary' | 'ping' | 'fragments';
  readonly length: number;
  /** Whether what follows is sent in another turn. */
  readonly waits: boolean;
}

const sendings: fc.Arbitrary<Sending[]> = fc.array(
  fc.record({
    who: fc.constantFrom('server', 'client', 'all'),
    client: fc.nat(CLIENTS - 1),
    kind: fc.constantFrom('text', 'binary', 'binary', 'ping', 'fragments'),
    // Around the limits of copying, of the buffers that are shared, and of the length forms.
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

/** Bytes that somebody holds, and what they were. */
class Held {
  readonly #held: { readonly bytes: Uint8Array; readonly copy: Buffer }[] = [];

  add(bytes: Uint8Array): void {
    this.#held.push({ bytes, copy: Buffer.from(bytes) });
  }

  get count(): number {
    return this.#held.length;
  }

  get unchanged(): boolean {
    return this.#held.every(({ bytes, copy }) => copy.equals(bytes));
  }
}

let fill = 0;
/** Bytes that are unlike those before. */
function payload(length: number): Buffer {
  fill = (fill + 41) % 251;
  return Buffer.from(Array.from({ length }, (_, index) => (fill + index * 7) % 128));
}

describe('bytes that the application gave, or got', () => {
  it('never change, though buffers are used again', async () => {
    await fc.assert(
      fc.asyncProperty(sendings, async (all) => {
        const server = new WebSocketServer({ port: 0, host: '127.0.0.1', maxBackpressure: 0 });
        await once(server, 'listening');
        const [given, got] = [new Held(), new Held()];
        const listen = (socket: WebSocket): void => {
          socket.on('message', (data) => got.add(data as Buffer));
          socket.on('ping', (data) => got.add(data));
          socket.on('pong', (data) => got.add(data));
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
          given.add(bytes);
          const socket = pairs[client]![who === 'client' ? 1 : 0];
          if (who === 'all') {
            server.broadcast(bytes);
            expected += CLIENTS;
          } else if (kind === 'ping') {
            socket.ping(bytes);
            // And its pong.
            expected += 2;
          } else {
            if (kind === 'fragments') socket.send(bytes.subarray(0, length >> 1), { fin: false });
            socket.send(kind === 'fragments' ? bytes.subarray(length >> 1) : bytes, { binary: kind !== 'text' });
            expected++;
          }
          if (waits) await new Promise((resolve) => setImmediate(resolve));
        }
        while (got.count < expected && !isLost) await new Promise((resolve) => setImmediate(resolve));
        const result = { given: given.unchanged, got: got.unchanged, count: got.count };
        for (const [socket, client] of pairs) {
          socket.terminate();
          client.terminate();
        }
        server.close();
        expect(result).toEqual({ given: true, got: true, count: expected });
      }),
      // Each run has sockets of its own: they take their time.
      { numRuns: Math.ceil(Number(process.env.FUZZ_RUNS ?? 200) / 4) },
    );
  });
});
