import { onFreshServer, WEBSOCKET_SERVERS } from '../harness/agents.ts';
import { type ComparisonResult, type Contender, compare, type Effort } from '../harness/compare.ts';
import { loadPerCpuSecond } from '../harness/load-rate.ts';

const LIMIT = { name: 'bare upgrade', file: 'bare-upgrade' };

/** Opening handshakes, 32 at once, for each second of the server's CPU time; each connection is ended when it is open. */
export async function* handshakes(effort: Effort): AsyncGenerator<ComparisonResult> {
  const { pushwire, ws, websocket, faye, bun } = WEBSOCKET_SERVERS;
  const agents = effort.isQuick ? [LIMIT, pushwire, ws] : [LIMIT, pushwire, ws, websocket, faye, bun];
  const load = { atOnce: 32, seconds: effort.seconds };
  const contenders = agents.map((description): Contender => {
    const measure = (): Promise<number> =>
      onFreshServer(description, {}, (server) => loadPerCpuSecond('handshakes', server, load));
    return { name: description.name, measure };
  });
  const comparison = {
    scene: 'handshakes',
    title: 'opening handshakes',
    unit: 'handshakes/s of CPU',
    isHigherBetter: true,
  };
  yield await compare({ ...comparison, against: [LIMIT.name, 'ws'] }, contenders, effort);
}
