import type { ComparisonResult, Effort } from '../harness/compare.ts';
import { compareProcesses } from '../harness/without-server.ts';

const CONTENDERS = ['pushwire', 'response.write', 'better-sse', 'WebSocket of pushwire', 'WebSocket of ws'];

/** Sends 100 messages to one client in one turn of the event loop, such as tokens of a language model that arrive together. */
export async function* burst(effort: Effort): AsyncGenerator<ComparisonResult> {
  for (const size of effort.isQuick ? [16] : [16, 200]) {
    const comparison = {
      scene: 'burst',
      title: `100 events of ${size} B in one turn`,
      unit: 'events/s',
      isHigherBetter: true,
      against: CONTENDERS.filter((name) => name !== 'pushwire'),
    };
    yield await compareProcesses(comparison, 'burst', CONTENDERS, { size }, effort);
  }
}
