/** What the server uses: CPU time, memory, and the bytes of its connections. */
import type { Socket } from 'node:net';
import type { ByteCount } from '../server-operations.ts';

const connections = new Set<Socket>();
const closedBytes = { read: 0, written: 0 };

export function addConnection(socket: Socket): void {
  connections.add(socket);
  socket.once('close', () => {
    connections.delete(socket);
    closedBytes.read += socket.bytesRead;
    closedBytes.written += socket.bytesWritten;
  });
}

export async function waitUntilEmpty(): Promise<void> {
  // The loop skips connections that close in the meantime.
  for (const socket of connections) await new Promise((resolve) => socket.once('close', resolve));
}

export function countBytes(): ByteCount {
  let { read, written } = closedBytes;
  for (const { bytesRead, bytesWritten } of connections) {
    read += bytesRead;
    written += bytesWritten;
  }
  return { read, written };
}

export function cpu(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

export function memory(): number {
  // Twice: finalizers of the first collection release more memory.
  global.gc?.();
  global.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
