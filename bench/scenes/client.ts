import { type ServerAgent, startServer } from '../harness/agents.ts';
import type { ComparisonResult, Effort } from '../harness/compare.ts';
import { compareProcesses } from '../harness/without-server.ts';

const PAYLOAD = 200;
const SOURCE = { name: 'source', file: 'source' };

/** One client receives or sends as fast as it can. */
export async function* client(effort: Effort): AsyncGenerator<ComparisonResult> {
  const withServer = async (
    options: unknown,
    measure: (server: ServerAgent) => Promise<ComparisonResult>,
  ): Promise<ComparisonResult> => {
    const server = await startServer(SOURCE, options);
    const result = await measure(server);
    server.stop();
    return result;
  };
  const of = (title: string, unit: string, against: readonly string[]) => {
    return { scene: 'client', title, unit, isHigherBetter: true, against };
  };
  const options = { payload: PAYLOAD };
  const sockets = effort.isQuick ? ['pushwire', 'ws'] : ['pushwire', 'ws', 'ws + bufferutil', 'undici'];
  yield await withServer({ ...options, kind: 'websocket' }, ({ port }) =>
    compareProcesses(
      of(`a client that receives messages of ${PAYLOAD} B`, 'messages/s', ['bare net', 'ws', 'undici']),
      'client',
      ['bare net', ...sockets],
      { ...options, port, direction: 'receive' },
      effort,
    ),
  );
  yield await withServer({ ...options, kind: 'websocket', sends: false }, ({ port }) =>
    compareProcesses(
      of(`a client that sends messages of ${PAYLOAD} B`, 'messages/s', ['ws', 'undici']),
      'client',
      sockets,
      { ...options, port, direction: 'send' },
      effort,
    ),
  );
  yield await withServer({ ...options, kind: 'event-stream' }, ({ port }) =>
    compareProcesses(
      of(`an EventSource, events of ${PAYLOAD} B`, 'events/s', ['eventsource', 'undici']),
      'client',
      effort.isQuick ? ['pushwire', 'eventsource'] : ['pushwire', 'eventsource', 'undici'],
      { ...options, port, direction: 'listen' },
      effort,
    ),
  );
}
