import type { Turn } from '../load/closed-loop.ts';
import { type Agent, type AgentDescription, startLoad, startServer } from './agents.ts';
import { type Comparison, type ComparisonResult, type Effort, resultOf, rotated } from './compare.ts';

/** A contender that works during its turns and is idle between them. */
export interface TurnTaker {
  turn(milliseconds: number): Promise<Turn>;
  stop(): void;
}

export interface TurnContender {
  readonly name: string;
  readonly start: () => Promise<TurnTaker>;
}

/** The duration of a turn. It is so short that the speed of the machine changes little from one turn to the next. */
const TURN_MILLISECONDS = 50;

/**
 * Measures all contenders in each round. Each round starts new processes, which take short turns, so that changes of the
 * machine over time affect all contenders alike.
 */
export async function compareTurns(
  comparison: Comparison,
  contenders: readonly TurnContender[],
  { rounds, seconds }: Effort,
): Promise<ComparisonResult> {
  const samples = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
  const cpuSamples = new Map<string, number[]>();
  for (let round = 0; round < rounds; round++) {
    const order = rotated(contenders, round);
    const takers = new Map<string, TurnTaker>();
    // They start one after another, because they would slow each other down.
    for (const { name, start } of order) takers.set(name, await start());
    for (const taker of takers.values()) await taker.turn(Math.min(1000, seconds * 4000));
    const sums = new Map(order.map(({ name }) => [name, { count: 0, seconds: 0, cpuSeconds: 0 }]));
    for (let turn = 0; turn < (seconds * 1000) / TURN_MILLISECONDS; turn++) {
      for (const { name } of rotated(order, turn)) {
        const sum = sums.get(name)!;
        const turn = await takers.get(name)!.turn(TURN_MILLISECONDS);
        sum.count += turn.count;
        sum.seconds += turn.seconds;
        sum.cpuSeconds += turn.cpuSeconds ?? 0;
      }
    }
    for (const [name, { count, seconds: taken, cpuSeconds }] of sums) {
      samples.get(name)!.push(count / taken);
      if (cpuSeconds > 0) cpuSamples.set(name, [...(cpuSamples.get(name) ?? []), (cpuSeconds / count) * 1e6]);
    }
    for (const taker of takers.values()) taker.stop();
  }
  return resultOf(comparison, samples, cpuSamples);
}

/**
 * What the turns of a server measure: the elapsed time; the server's CPU time instead, so that the speed of the clients does not
 * count; or both.
 */
export type Measured = 'time' | 'CPU time' | 'both';

/** Starts a server and its load generator. */
export async function serverAndLoad(
  description: AgentDescription,
  serverOptions: unknown,
  file: string,
  loadOptions: unknown,
  measured: Measured = 'time',
): Promise<TurnTaker> {
  const server = await startServer(description, serverOptions);
  const load = startLoad(file, { ...(loadOptions as object), port: server.port });
  await load.line();
  return {
    async turn(milliseconds) {
      if (measured === 'time') return takeTurn(load, milliseconds);
      const before = await server.cpu();
      const { count, seconds } = await takeTurn(load, milliseconds);
      const cpuSeconds = (await server.cpu()) - before;
      return measured === 'both' ? { count, seconds, cpuSeconds } : { count, seconds: cpuSeconds };
    },
    stop() {
      load.stop();
      server.stop();
    },
  };
}

/** Makes a process run for one turn, and returns its result. */
export async function takeTurn(agent: Agent, milliseconds: number): Promise<Turn> {
  return JSON.parse(await agent.ask(String(milliseconds))) as Turn;
}
