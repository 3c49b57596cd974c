import type { ComparisonResult, Effort } from '../harness/compare.ts';
import { compareProcesses } from '../harness/without-server.ts';

const CONTENDERS = ['pushwire', 'response.write', 'better-sse', 'WebSocket of pushwire', 'WebSocket of ws'];

/** 100 messages in one turn of the event loop to one client, such as the tokens of a language model that arrived together. */
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
