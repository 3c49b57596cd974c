import { type Agent, type AgentDescription, startLoad, startServer, WEBSOCKET_SERVERS } from '../harness/agents.ts';
import { type ComparisonResult, type Contender, compare, type Effort } from '../harness/compare.ts';

const OFFER = 'permessage-deflate; client_max_window_bits';
/** The connections that are opened before the memory is measured. */
const WARM_UP_CONNECTIONS = 1000;
const LIMIT = { name: 'bare upgrade', file: 'bare-upgrade' };

interface MemoryCase {
  readonly title: string;
  readonly agents: readonly AgentDescription[];
  readonly against: readonly string[];
  readonly kind: 'websocket' | 'event-stream';
  readonly options: unknown;
  readonly extensions?: string;
}

/** The memory of the server's process per idle connection. */
export async function* memory(effort: Effort): AsyncGenerator<ComparisonResult> {
  const { pushwire, ws, bun } = WEBSOCKET_SERVERS;
  const cases: readonly MemoryCase[] = [
    {
      title: 'WebSocket',
      agents: effort.isQuick ? [LIMIT, pushwire, ws] : [LIMIT, pushwire, ws, bun],
      against: [LIMIT.name, ws.name],
      kind: 'websocket',
      options: {},
    },
    {
      title: 'WebSocket with permessage-deflate',
      agents: [pushwire, ws],
      against: [ws.name],
      kind: 'websocket',
      options: { deflate: {} },
      extensions: OFFER,
    },
    {
      title: 'event stream',
      agents: [
        { name: 'bare http', file: 'http-stream' },
        { name: 'pushwire', file: 'pushwire-stream' },
        { name: 'better-sse', file: 'better-sse' },
      ],
      against: ['bare http', 'better-sse'],
      kind: 'event-stream',
      options: {},
    },
  ];
  // Fewer rounds, because each measurement takes long.
  const rounds = Math.min(3, effort.rounds);
  for (const { title, agents, against, kind, options, extensions } of effort.isQuick ? cases.slice(0, 1) : cases) {
    // Fewer with compression: 1000 such connections take more than 200 MB in `ws`.
    const connections = effort.isQuick ? 3000 : extensions === undefined ? 10_000 : 2000;
    const contenders = agents.map((description): Contender => {
      const measure = async (): Promise<number> => {
        const server = await startServer(description, options);
        const open = async (count: number): Promise<Agent> => {
          const load = startLoad('idle', { port: server.port, connections: count, kind, extensions });
          await load.line();
          return load;
        };
        // The first connections also load and compile code, and make the heap grow: what they take is not counted.
        const warmUp = await open(WARM_UP_CONNECTIONS);
        const before = await server.memory();
        const load = await open(connections);
        const used = (await server.memory()) - before;
        warmUp.stop();
        load.stop();
        server.stop();
        return used / connections;
      };
      return { name: description.name, measure };
    });
    const comparison = {
      scene: 'memory',
      title: `memory per idle ${title}, ${connections} connections`,
      unit: 'bytes',
    };
    yield await compare({ ...comparison, isHigherBetter: false, against }, contenders, { ...effort, rounds });
  }
}
