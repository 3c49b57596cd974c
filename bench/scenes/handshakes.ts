import { WEBSOCKET_SERVERS } from '../harness/agents.ts';
import type { ComparisonResult, Effort } from '../harness/compare.ts';
import { compareTurns, serverAndLoad } from '../harness/turns.ts';

const LIMIT = { name: 'bare upgrade', file: 'bare-upgrade' };

/** Opening handshakes per second of the server's CPU time, 32 at once. Each connection is closed when it is open. */
export async function* handshakes(effort: Effort): AsyncGenerator<ComparisonResult> {
  const { pushwire, ws, websocket, faye, bun } = WEBSOCKET_SERVERS;
  const agents = effort.isQuick ? [LIMIT, pushwire, ws] : [LIMIT, pushwire, ws, websocket, faye, bun];
  const contenders = agents.map((description) => {
    return {
      name: description.name,
      start: () => serverAndLoad(description, {}, 'handshakes', { atOnce: 32 }, 'CPU time'),
    };
  });
  const comparison = {
    scene: 'handshakes',
    title: 'opening handshakes',
    unit: 'handshakes/s of CPU',
    isHigherBetter: true,
  };
  yield await compareTurns({ ...comparison, against: [LIMIT.name, 'ws'] }, contenders, effort);
}
