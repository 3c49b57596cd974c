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
 * The latency of an echo at a fixed rate, counted from the time when each message was due. The rate is half of the highest
 * rate of `ws`, which is measured first.
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
  yield await compare({ ...comparison, title: `latency ${at}, p50` }, contenders, effort);
  // The other percentiles of the same measurements.
  for (const [key, title] of [
    ['p99', 'p99'],
    ['p999', 'p99.9'],
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
