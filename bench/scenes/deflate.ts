import { WEBSOCKET_SERVERS } from '../harness/agents.ts';
import type { ComparisonResult, Effort } from '../harness/compare.ts';
import { compareTurns, serverAndLoad } from '../harness/turns.ts';

const KIB = 1024;
const LOADS = [
  { size: 300, batch: 1 },
  { size: 300, batch: 16 },
  { size: 4 * KIB, batch: 1 },
  { size: 64 * KIB, batch: 1 },
];

/**
 * Echoes JSON with permessage-deflate on 64 connections. The server inflates each message and compresses it again. The tables
 * also show its CPU time for each message, which includes zlib's threads.
 */
export async function* deflate(effort: Effort): AsyncGenerator<ComparisonResult> {
  const { pushwire, ws, bun } = WEBSOCKET_SERVERS;
  for (const takesOver of effort.isQuick ? [true] : [true, false]) {
    for (const { size, batch } of effort.isQuick ? LOADS.slice(0, 1) : LOADS) {
      const load = { connections: 64, size, batch, takesOver };
      const contenders = (effort.isQuick ? [pushwire, ws] : [pushwire, ws, bun]).map((description) => {
        const start = () => serverAndLoad(description, { deflate: {}, takesOver }, 'deflate', load, 'both');
        return { name: description.name, start };
      });
      const how = `${takesOver ? 'with' : 'without'} context takeover${batch === 1 ? '' : `, ${batch} in a write`}`;
      const title = `permessage-deflate, ${size < KIB ? `${size} B` : `${size / KIB} KiB`}, ${how}`;
      const comparison = { scene: 'deflate', title, unit: 'messages/s', isHigherBetter: true };
      yield await compareTurns({ ...comparison, against: [ws.name, bun.name] }, contenders, effort);
    }
  }
  if (!effort.isQuick) yield await pairs(effort);
}

/** Clients and servers of two libraries. A mixed pair can be as fast as the slower of the two. */
function pairs(effort: Effort): Promise<ComparisonResult> {
  const { pushwire, ws } = WEBSOCKET_SERVERS;
  const contenders = [pushwire, ws].flatMap((server) =>
    [pushwire, ws].map((client) => {
      const load = { library: client.name, connections: 16, size: 300, batch: 16 };
      const start = () => serverAndLoad(server, { deflate: {} }, 'deflate-clients', load, 'both');
      return { name: `${client.name} client, ${server.name} server`, start };
    }),
  );
  const title = 'permessage-deflate, 300 B, 16 clients with 16 messages in flight each';
  const comparison = { scene: 'deflate', title, unit: 'messages/s', isHigherBetter: true };
  return compareTurns({ ...comparison, against: ['ws client, ws server'] }, contenders, effort);
}
