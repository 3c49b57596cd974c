import type { WebSocket } from '../websocket/index.ts';
import type { AnyEventStream } from './recipients/connection.ts';

interface EndSettings {
  readonly timeout: number;
  readonly spread: number;
  readonly closeCode: number;
  readonly retry: number | undefined;
}

/**
 * Ends connections so that their clients come back to other processes, at random moments within `spread` milliseconds. Resolves when all
 * are closed; those that are still open at the deadline are terminated.
 */
export async function endConnections(
  connections: readonly (AnyEventStream | WebSocket)[],
  settings: EndSettings,
  deadline: number,
): Promise<void> {
  await Promise.all(connections.map((connection) => end(connection, settings, deadline)));
}

async function end(
  connection: AnyEventStream | WebSocket,
  { spread, closeCode, retry }: EndSettings,
  deadline: number,
): Promise<void> {
  const remaining = (): number => Math.max(0, deadline - performance.now());
  const wait = Math.min(Math.random() * spread, remaining());
  if (wait >= 1) await new Promise((resolve) => setTimeout(resolve, wait));
  if ('_writeChunk' in connection) {
    if (retry !== undefined) connection.send({ retry });
    return connection.shutdown({ timeout: remaining() });
  }
  if (connection.readyState === connection.CLOSED) return;
  await new Promise<void>((resolve) => {
    const force = setTimeout(() => connection.terminate(), remaining());
    connection.once('close', () => {
      clearTimeout(force);
      resolve();
    });
    connection.close(closeCode);
  });
}
