import { randomFillSync } from 'node:crypto';
import { once } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { nextConnection, openClient, startServer } from '../../support/sockets.ts';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

const MIB = 1024 * 1024;
const MESSAGE_BYTES = MIB;

async function arrayBufferMemory(): Promise<number> {
  // The memory of an ArrayBuffer is released in a later turn.
  for (let count = 0; count < 2; count++) {
    gc();
    await new Promise((resolve) => setImmediate(resolve));
  }
  return process.memoryUsage().arrayBuffers;
}

it('messages that wait to be compressed, or are, take no memory that is not counted when their connections close', async () => {
  const { server, url } = await startServer({ perMessageDeflate: true });
  const before = await arrayBufferMemory();
  const sockets = [];
  for (let count = 0; count < 40; count++) {
    const accepted = nextConnection(server);
    await openClient(url, { perMessageDeflate: true });
    sockets.push(await accepted);
  }
  const closed = sockets.map((socket) => once(socket, 'close'));
  for (const socket of sockets) {
    socket.send(randomFillSync(Buffer.allocUnsafeSlow(MESSAGE_BYTES)));
    socket.terminate();
  }
  await Promise.all(closed);
  const counted = server.metrics().sendMemory;
  const held = (await arrayBufferMemory()) - before;
  expect(held).toBeLessThan(2 * counted + 8 * MIB);
  // No more than `concurrencyLimit`.
  expect(counted).toBeLessThan(11 * MESSAGE_BYTES);
  await expect.poll(() => server.metrics().sendMemory, { timeout: 20_000 }).toBe(0);
});

it('broadcasts that wait to be compressed take no memory when their connections have closed', async () => {
  const { server, url } = await startServer({ perMessageDeflate: true });
  const before = await arrayBufferMemory();
  const clients = [];
  for (let count = 0; count < 40; count++) {
    const accepted = nextConnection(server);
    clients.push(await openClient(url, { perMessageDeflate: true }));
    const socket = await accepted;
    const closed = once(socket, 'close');
    server.broadcast(randomFillSync(Buffer.allocUnsafeSlow(MESSAGE_BYTES)), { compressOnce: true });
    socket.terminate();
    await closed;
  }
  const held = (await arrayBufferMemory()) - before;
  // Those that are being compressed: the message and what zlib makes of it.
  expect(held).toBeLessThan(2 * 10 * MESSAGE_BYTES);
});
