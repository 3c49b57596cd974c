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
  for (let round = 0; round < rounds; round++) {
    const order = rotated(contenders, round);
    const takers = new Map<string, TurnTaker>();
    // They start one after another, because they would slow each other down.
    for (const { name, start } of order) takers.set(name, await start());
    for (const taker of takers.values()) await taker.turn(Math.min(1000, seconds * 4000));
    const sums = new Map(order.map(({ name }) => [name, { count: 0, seconds: 0 }]));
    for (let turn = 0; turn < (seconds * 1000) / TURN_MILLISECONDS; turn++) {
      for (const { name } of rotated(order, turn)) {
        const sum = sums.get(name)!;
        const { count, seconds: taken } = await takers.get(name)!.turn(TURN_MILLISECONDS);
        sum.count += count;
        sum.seconds += taken;
      }
    }
    for (const [name, sum] of sums) samples.get(name)!.push(sum.count / sum.seconds);
    for (const taker of takers.values()) taker.stop();
  }
  return resultOf(comparison, samples);
}

/**
 * Starts a server and its load generator. With `perCpuSecond`, a turn reports the server's CPU time instead of the elapsed
 * time, so that the speed of the clients does not count.
 */
export async function serverAndLoad(
  description: AgentDescription,
  serverOptions: unknown,
  file: string,
  loadOptions: unknown,
  perCpuSecond = false,
): Promise<TurnTaker> {
  const server = await startServer(description, serverOptions);
  const load = startLoad(file, { ...(loadOptions as object), port: server.port });
  await load.line();
  return {
    async turn(milliseconds) {
      const before = perCpuSecond ? await server.cpu() : 0;
      const turn = await takeTurn(load, milliseconds);
      return perCpuSecond ? { count: turn.count, seconds: (await server.cpu()) - before } : turn;
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
