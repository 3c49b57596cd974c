import { redisCommand, startRedis } from '../../spec/hub/engines/redis-server.ts';
import { type Agent, type AgentDescription, type ServerAgent, startLoad, startServer } from '../harness/agents.ts';
import { type Comparison, type ComparisonResult, type Effort, resultOf, rotated } from '../harness/compare.ts';

interface HubContender extends AgentDescription {
  /** The protocols of the subscribers, one after the other. */
  readonly kinds: readonly ('websocket' | 'event-stream' | 'socket.io')[];
  /** Whether a client that comes back is sent what it has missed. */
  readonly resumes: boolean;
}

const LIMIT = 'bare net';
const STREAMS = 'socket.io, redis-streams-adapter';
const CONTENDERS: readonly HubContender[] = [
  // What a hub cannot be faster than: it writes the same bytes, but checks nothing, and keeps nothing.
  { name: LIMIT, file: 'hub-net', kinds: ['websocket'], resumes: false },
  { name: 'pushwire', file: 'hub-pushwire', kinds: ['websocket'], resumes: true },
  { name: 'pushwire, half event streams', file: 'hub-pushwire', kinds: ['websocket', 'event-stream'], resumes: true },
  { name: STREAMS, file: 'hub-socketio', kinds: ['socket.io'], options: { adapter: 'streams' }, resumes: true },
  {
    name: 'socket.io, redis-adapter',
    file: 'hub-socketio',
    kinds: ['socket.io'],
    options: { adapter: 'pub/sub' },
    resumes: false,
  },
];
const AGAINST = [LIMIT, STREAMS, 'socket.io, redis-adapter'];
const SERVERS = 3;
const ROOMS = 20;
/** The connections that are opened before the memory is measured. */
const WARM_UP_CONNECTIONS = 600;
const MISSED_EVENTS = 500;
/** Deliveries per second before the rest is measured, so that V8 has compiled the code: while it does, that takes a fifth of the CPU time. */
const WARM_UP_DELIVERIES = 20_000;

/** What the load reports. */
interface Deliveries {
  readonly deliveries: number;
  /** Deliveries that were expected and never came. */
  readonly lost: number;
  readonly seconds: number;
  /** The seconds of CPU time that the load has used. */
  readonly cpu: number;
}

interface Latencies extends Deliveries {
  readonly p50: number;
  readonly p99: number;
}

/** One load on all contenders. */
interface HubCase {
  readonly title: string;
  readonly rooms: number;
  readonly rates: readonly number[];
  /** Whether memory, and the commands to Redis, are measured as well. */
  readonly isFirst: boolean;
}

/** The samples of each contender, for each comparison by its title. */
type Samples = Map<string, { readonly comparison: Comparison; readonly samples: Map<string, number[]> }>;

/**
 * A hub beside socket.io with its two adapters for Redis: three server processes and one redis-server each, and one process with all
 * subscribers.
 */
export async function* hub(effort: Effort): AsyncGenerator<ComparisonResult> {
  const subscribers = effort.isQuick ? 600 : 2000;
  // The greater rate first: then V8 has compiled what is called for each event, too.
  const cases: readonly HubCase[] = [
    { title: `${ROOMS} topics`, rooms: ROOMS, rates: [1000, 100], isFirst: true },
    { title: 'one topic', rooms: 1, rates: [20], isFirst: false },
  ];
  const seconds = effort.isQuick ? 1 : Math.max(3, effort.seconds);
  for (const one of effort.isQuick ? cases.slice(0, 1) : cases) {
    const all: Samples = new Map();
    for (let round = 0; round < effort.rounds; round++) {
      for (const contender of rotated(CONTENDERS, round)) await measure(contender, one, subscribers, seconds, all);
    }
    for (const { comparison, samples } of all.values()) yield resultOf(comparison, samples);
  }
}

async function measure(
  contender: HubContender,
  { title, rooms, rates, isFirst }: HubCase,
  subscribers: number,
  seconds: number,
  all: Samples,
): Promise<void> {
  const { name, kinds, resumes } = contender;
  const record = (what: string, unit: string, isHigherBetter: boolean, value: number): void => {
    const comparison = { scene: 'hub', title: `hub: ${what}`, unit, isHigherBetter, against: AGAINST };
    if (!all.has(what)) all.set(what, { comparison, samples: new Map() });
    const { samples } = all.get(what)!;
    samples.set(name, [...(samples.get(name) ?? []), value]);
  };
  const cluster = await startCluster(contender, rooms);
  try {
    const { load } = cluster;
    await order(load, { order: 'open', ports: cluster.ports, count: WARM_UP_CONNECTIONS, rooms, kinds });
    const added = subscribers - WARM_UP_CONNECTIONS;
    if (added > 0) {
      const before = isFirst ? await cluster.heap() : 0;
      await order(load, { order: 'open', ports: cluster.ports, count: added, rooms, kinds });
      if (isFirst) record('heap per subscriber', 'bytes', false, ((await cluster.heap()) - before) / added);
    }
    const to = `to ${subscribers} subscribers of ${title}`;
    const warmUpRate = Math.round((WARM_UP_DELIVERIES * rooms) / subscribers);
    await order(load, { order: 'paced', rate: warmUpRate, seconds: 2 * seconds });
    for (const rate of rates) {
      const at = `${rate} events/s ${to}`;
      const [cpu, redisCpu] = [await cluster.cpu(), await cluster.redisCpu()];
      const result = await order<Latencies>(load, { order: 'paced', rate, seconds });
      const used = (await cluster.cpu()) - cpu;
      console.log(`${name}, ${at}: ${usageOf(result, used, (await cluster.redisCpu()) - redisCpu)}`);
      record(`${at}, p50`, 'ms', false, result.p50);
      record(`${at}, p99`, 'ms', false, result.p99);
      record(at, 'deliveries/s of CPU', true, result.deliveries / used);
    }
    if (!isFirst || !resumes) return;
    const count = Math.min(1000, subscribers / 2);
    for (const where of added > 0 ? ['the same', 'new'] : ['new']) {
      const back = `${count} clients that have missed ${MISSED_EVENTS} events come back to ${where} processes`;
      await order(load, { order: 'leave', count, events: MISSED_EVENTS });
      if (where === 'new') await cluster.replace();
      const commands = await cluster.commands();
      const { seconds: taken } = await order<{ seconds: number }>(load, { order: 'return', ports: cluster.ports });
      const after = await cluster.commands();
      record(back, 'commands to Redis', false, after.all - commands.all);
      // The same processes have what was missed in memory.
      if (where === 'new') record(`${back}: reads of the log`, 'XRANGE', false, after.reads - commands.reads);
      record(`${back}, until each has them`, 'seconds', false, taken);
    }
  } finally {
    await cluster.end();
  }
}

/** What the processes have used, and what was lost: on a machine with few cores, it shows what limits a measurement. */
function usageOf({ deliveries, lost, seconds, cpu }: Deliveries, used: number, redisUsed: number): string {
  const [servers, redis, load] = [used, redisUsed, cpu].map((one) => percent(one / seconds));
  const usage = `servers take ${servers}, Redis ${redis} and the load ${load} of a core`;
  return `${Math.round(deliveries / seconds)} deliveries/s, ${usage}${lost > 0 ? `, ${lost} deliveries were lost` : ''}`;
}

const percent = (part: number): string => `${Math.round(100 * part)} %`;

async function order<Result>(load: Agent, what: unknown): Promise<Result> {
  return JSON.parse(await load.ask(JSON.stringify(what))) as Result;
}

interface Cluster {
  readonly load: Agent;
  readonly ports: readonly number[];
  cpu(): Promise<number>;
  redisCpu(): Promise<number>;
  heap(): Promise<number>;
  /** Ends the processes, and starts others on the same Redis. */
  replace(): Promise<void>;
  /** The number of commands that Redis has carried out, and how many of them read older events. */
  commands(): Promise<{ readonly all: number; readonly reads: number }>;
  end(): Promise<void>;
}

async function startCluster(contender: HubContender, rooms: number): Promise<Cluster> {
  const redis = await startRedis();
  const endRedis = (): void => void redis.end();
  process.once('exit', endRedis);
  const start = (): Promise<ServerAgent[]> => {
    const indexes = Array.from({ length: SERVERS }, (_, index) => index);
    return Promise.all(
      indexes.map((index) => startServer(contender, { redis: redis.port, index, servers: SERVERS, rooms })),
    );
  };
  let servers = await start();
  const load = startLoad('hub', {});
  await load.line();
  const sum = async (of: (server: ServerAgent) => Promise<number>): Promise<number> => {
    return (await Promise.all(servers.map(of))).reduce((total, one) => total + one, 0);
  };
  return {
    load,
    get ports() {
      return servers.map(({ port }) => port);
    },
    cpu: () => sum((server) => server.cpu()),
    async redisCpu() {
      const text = String(await redisCommand(redis.port, 'INFO', 'cpu'));
      return [...text.matchAll(/^used_cpu_(?:sys|user):([\d.]+)/gm)].reduce(
        (total, [, used]) => total + Number(used),
        0,
      );
    },
    heap: () => sum((server) => server.heap()),
    async replace() {
      for (const server of servers) server.stop();
      servers = await start();
    },
    async commands() {
      const text = String(await redisCommand(redis.port, 'INFO', 'commandstats'));
      const calls = new Map([...text.matchAll(/_(\S+):calls=(\d+)/g)].map(([, name, count]) => [name, Number(count)]));
      return { all: [...calls.values()].reduce((total, one) => total + one, 0), reads: calls.get('xrange') ?? 0 };
    },
    async end() {
      load.stop();
      for (const server of servers) server.stop();
      process.off('exit', endRedis);
      await redis.end();
    },
  };
}
