import { type AgentDescription, WEBSOCKET_SERVERS } from '../harness/agents.ts';
import type { Comparison, ComparisonResult, Effort } from '../harness/compare.ts';
import { compareTurns, serverAndLoad } from '../harness/turns.ts';

const STREAM_SERVERS: readonly AgentDescription[] = [
  { name: 'one chunk to each socket', file: 'http-stream', options: { raw: true } },
  { name: 'response.write', file: 'http-stream', options: { raw: false } },
  { name: 'pushwire', file: 'pushwire-stream' },
  { name: 'better-sse', file: 'better-sse' },
];
const CROWD = 10_000;

/** Sends one message to all, and the next one when all have received it. Counts deliveries per second of the server's CPU time. */
export function broadcast(effort: Effort): AsyncGenerator<ComparisonResult> {
  return broadcastTo(effort.isQuick ? 500 : 1000, effort);
}

/** Broadcasts to ten times as many connections. */
export async function* crowd(effort: Effort): AsyncGenerator<ComparisonResult> {
  if (!effort.isQuick) yield* broadcastTo(CROWD, effort);
}

async function* broadcastTo(connections: number, effort: Effort): AsyncGenerator<ComparisonResult> {
  const { limit, pushwire, ws, bun } = WEBSOCKET_SERVERS;
  for (const bytes of effort.isQuick ? [128] : [128, 4096]) {
    const servers = effort.isQuick ? [limit, pushwire, ws] : [limit, pushwire, ws, bun];
    const comparison = {
      scene: 'broadcast',
      title: `broadcast to ${connections} WebSockets, ${bytes} B`,
      unit: 'deliveries/s of CPU',
      isHigherBetter: true,
      against: [limit.name, ws.name],
    };
    yield await compareBroadcasts(comparison, servers, { connections, bytes, kind: 'websocket' }, effort);
  }
  for (const bytes of effort.isQuick ? [128] : [128, 2048]) {
    const comparison = {
      scene: 'broadcast',
      title: `broadcast to ${connections} event streams, ${bytes} B`,
      unit: 'deliveries/s of CPU',
      isHigherBetter: true,
      against: ['one chunk to each socket', 'better-sse'],
    };
    const servers = STREAM_SERVERS.filter(({ name }) => !effort.isQuick || name !== 'response.write');
    yield await compareBroadcasts(comparison, servers, { connections, bytes, kind: 'event-stream' }, effort);
  }
}

interface BroadcastLoad {
  readonly connections: number;
  readonly bytes: number;
  readonly kind: 'websocket' | 'event-stream';
}

function compareBroadcasts(
  comparison: Comparison,
  agents: readonly AgentDescription[],
  { connections, bytes, kind }: BroadcastLoad,
  effort: Effort,
): Promise<ComparisonResult> {
  const contenders = agents.map((description) => {
    const prefix = description.file === 'better-sse' ? 'event:message\nid:0\ndata:' : 'id: 0\ndata: ';
    // The bytes that each client receives: the lines of the event, and the HTTP chunk around them.
    const event = prefix.length + bytes + 2;
    const payload = kind === 'websocket' ? bytes : event + event.toString(16).length + 4;
    const load = { connections, payload, kind };
    return {
      name: description.name,
      start: () => serverAndLoad(description, { broadcast: bytes }, 'broadcast', load, 'CPU time'),
    };
  });
  return compareTurns(comparison, contenders, effort);
}
