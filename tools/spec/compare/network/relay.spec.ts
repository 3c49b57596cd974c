import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { expect, it, onTestFinished } from 'vitest';
import { now } from '../../../src/compare/clock.ts';
import { type Network, Relay } from '../../../src/compare/network/relay.ts';

/** Starts a server behind a relay. Resolves with a client that is connected to the relay. */
async function through(network: Network, listener: (socket: Socket) => void): Promise<Socket> {
  const server = createServer({ allowHalfOpen: true }, listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const relay = await Relay.start((server.address() as AddressInfo).port, network);
  onTestFinished(async () => {
    await relay.stop();
    server.close();
  });
  const client = connect({ port: relay.port, host: '127.0.0.1', allowHalfOpen: true });
  await once(client, 'connect');
  return client;
}

it('forwards all bytes in order and the end of each direction, both ways', async () => {
  const [up, down] = [randomBytes(3_000_000), randomBytes(3_000_000)];
  let arrived: Promise<Buffer> | undefined;
  const client = await through({ delay: 2 }, (socket) => {
    arrived = buffer(socket);
    for (let start = 0; start < down.length; start += 10_007) socket.write(down.subarray(start, start + 10_007));
    socket.end();
  });
  const received = buffer(client);
  for (let start = 0; start < up.length; start += 9_973) client.write(up.subarray(start, start + 9_973));
  client.end();
  expect((await received).equals(down)).toBe(true);
  expect((await arrived!).equals(up)).toBe(true);
});

it('delays every byte, and the first bytes also by the TCP handshake', async () => {
  const DELAY = 25;
  // The TCP handshake begins before the first bytes.
  const begun = now();
  const client = await through({ delay: DELAY }, (socket) => socket.pipe(socket));
  const roundTrip = async (since = now()): Promise<number> => {
    client.write('x');
    await once(client, 'data');
    return now() - since;
  };
  // A timer of a busy process ends up to a millisecond early.
  const LEAST = DELAY - 1;
  expect(await roundTrip(begun)).toBeGreaterThanOrEqual(4 * LEAST);
  expect(await roundTrip()).toBeGreaterThanOrEqual(2 * LEAST);
});

it('limits the bandwidth', async () => {
  const BYTES = 50_000;
  const client = await through({ delay: 0, bandwidth: 8_000_000 }, (socket) => socket.end(Buffer.alloc(BYTES)));
  const begun = now();
  await buffer(client);
  // One byte per microsecond, without the bytes that arrived before.
  expect(now() - begun).toBeGreaterThan(BYTES / 1000 / 2);
});

it('resends a lost segment later, and delays the segments after it', async () => {
  const client = await through({ delay: 1, lossInterval: 3 }, (socket) => {
    socket.on('data', (chunk: Buffer) => {
      // One segment for each byte.
      for (const byte of chunk) socket.write(Buffer.of(byte));
    });
  });
  const arrivals: number[] = [];
  const begun = now();
  const all = new Promise<void>((resolve) => {
    client.on('data', (chunk: Buffer) => {
      for (const byte of chunk) arrivals[byte] = now() - begun;
      if (arrivals.length > 4) resolve();
    });
  });
  for (const byte of [1, 2, 3, 4]) {
    client.write(Buffer.of(byte));
    // Waits, so that each byte is a separate segment.
    while (byte < 3 && arrivals[byte] === undefined) await once(client, 'data');
  }
  await all;
  expect(arrivals[2]).toBeLessThan(arrivals[3]!);
  expect(arrivals[3]! - arrivals[2]!).toBeGreaterThanOrEqual(150);
  expect(arrivals[4]).toBeGreaterThanOrEqual(arrivals[3]!);
});

it('closes one side when the other side is reset', async () => {
  let broken: Promise<NodeJS.ErrnoException[]> | undefined;
  const client = await through({ delay: 1 }, (socket) => {
    broken = once(socket, 'error');
    socket.write('x');
    socket.resume();
  });
  await once(client, 'data');
  client.resetAndDestroy();
  const [error] = await broken!;
  expect(error!.code).toBe('ECONNRESET');
});
