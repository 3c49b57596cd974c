import { type AgentDescription, onFreshServer, type ServerAgent, WEBSOCKET_SERVERS } from '../harness/agents.ts';
import { type Comparison, type ComparisonResult, type Contender, compare, type Effort } from '../harness/compare.ts';
import { loadPerCpuSecond } from '../harness/load-rate.ts';

const STREAM_SERVERS: readonly AgentDescription[] = [
  { name: 'one chunk to each socket', file: 'http-stream', options: { raw: true } },
  { name: 'response.write', file: 'http-stream', options: { raw: false } },
  { name: 'pushwire', file: 'pushwire-stream' },
  { name: 'better-sse', file: 'better-sse' },
];

/** One message to all, and the next one when all have got it; deliveries for each second of the server's CPU time. */
export function broadcast(effort: Effort): AsyncGenerator<ComparisonResult> {
  return broadcastTo(effort.isQuick ? 500 : 1000, effort);
}

/** The same to many, for as much longer as each broadcast takes: a part of one would count for nothing, or for too much. */
export function crowd(effort: Effort): AsyncGenerator<ComparisonResult> {
  const connections = effort.isQuick ? 2000 : 8000;
  return broadcastTo(connections, { ...effort, seconds: (effort.seconds * connections) / 1000 });
}

async function* broadcastTo(connections: number, effort: Effort): AsyncGenerator<ComparisonResult> {
  const { limit, pushwire, ws, wsNative, bun } = WEBSOCKET_SERVERS;
  for (const bytes of effort.isQuick ? [128] : [128, 4096]) {
    const servers = effort.isQuick ? [limit, pushwire, ws] : [limit, pushwire, ws, wsNative, bun];
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
    yield await compareBroadcasts(comparison, STREAM_SERVERS, { connections, bytes, kind: 'event-stream' }, effort);
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
  const contenders = agents.map((description): Contender => {
    const prefix = description.file === 'better-sse' ? 'event:message\nid:0\ndata:' : 'id: 0\ndata: ';
    const measure = (): Promise<number> =>
      onFreshServer(description, { broadcast: bytes }, (server) =>
        measureOnce(server, { connections, bytes, kind }, prefix.length, effort.seconds),
      );
    return { name: description.name, measure };
  });
  return compare(comparison, contenders, effort);
}

function measureOnce(server: ServerAgent, load: BroadcastLoad, prefixLength: number, seconds: number): Promise<number> {
  const { connections, bytes, kind } = load;
  // What each gets of an event: its lines, and the chunk around them.
  const event = prefixLength + bytes + 2;
  const payload = kind === 'websocket' ? bytes : event + event.toString(16).length + 4;
  return loadPerCpuSecond('broadcast', server, { connections, payload, seconds, kind });
}
