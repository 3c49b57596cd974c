import { onFreshServer, WEBSOCKET_SERVERS } from '../harness/agents.ts';
import { type ComparisonResult, type Contender, compare, type Effort } from '../harness/compare.ts';
import { loadResult } from '../harness/load-result.ts';
import { serverAndLoad } from '../harness/turns.ts';

const CONNECTIONS = 64;
const PAYLOAD = 200;

interface Latencies {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
}

/**
 * How long an echo takes at a fixed rate, half of what `ws` does at most, counted from when each message was due. The
 * rate is measured first.
 */
export async function* latency(effort: Effort): AsyncGenerator<ComparisonResult> {
  const { limit, pushwire, ws, bun } = WEBSOCKET_SERVERS;
  const sizes = { request: PAYLOAD + 4 + 4, reply: PAYLOAD + 4 };
  const rate = (await peakRate(effort.seconds)) / 2;
  const agents = effort.isQuick ? [limit, pushwire, ws] : [limit, pushwire, ws, bun];
  const measured = new Map<string, Latencies[]>(agents.map(({ name }) => [name, []]));
  const options = { connections: CONNECTIONS, payload: PAYLOAD, rate, seconds: effort.seconds * 2 };
  const contenders = agents.map((description): Contender => {
    const { name } = description;
    const measure = async (): Promise<number> => {
      const latencies = await onFreshServer(description, sizes, (server) =>
        loadResult<Latencies>('latency', server, options),
      );
      measured.get(name)!.push(latencies);
      return latencies.p50;
    };
    return { name, measure };
  });
  const at = `at ${Math.round(rate / 1000)} k messages/s`;
  const comparison = { scene: 'latency', unit: 'ms', isHigherBetter: false, against: [limit.name, ws.name] };
  yield await compare({ ...comparison, title: `latency ${at}, half of them faster` }, contenders, effort);
  // The same measurements, told again.
  for (const [key, title] of [
    ['p99', '99 of 100 faster'],
    ['p999', '999 of 1000 faster'],
  ] as const) {
    const again = agents.map(({ name }): Contender => {
      const samples = measured.get(name)!.map((one) => one[key]);
      return { name, measure: async () => samples.shift()! };
    });
    yield await compare({ ...comparison, title: `latency ${at}, ${title}` }, again, effort);
  }
}

async function peakRate(seconds: number): Promise<number> {
  const load = { connections: CONNECTIONS, payload: PAYLOAD, batch: 1 };
  const taker = await serverAndLoad(WEBSOCKET_SERVERS.ws, {}, 'echo', load);
  await taker.turn(seconds * 1000);
  const turn = await taker.turn(seconds * 1000);
  taker.stop();
  return turn.count / turn.seconds;
}
