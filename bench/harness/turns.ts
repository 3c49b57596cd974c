import type { Turn } from '../load/closed-loop.ts';
import { type Agent, type AgentDescription, startLoad, startServer } from './agents.ts';
import { type Comparison, type ComparisonResult, type Effort, resultOf, rotated } from './compare.ts';

/** What runs for a while whenever it is its turn, and rests between. */
export interface TurnTaker {
  turn(milliseconds: number): Promise<Turn>;
  stop(): void;
}

export interface TurnContender {
  readonly name: string;
  readonly start: () => Promise<TurnTaker>;
}

/** Milliseconds of a turn: a machine's speed changes less in them than programs differ. */
const TURN = 50;

/**
 * Measures all contenders in each round, in fresh processes that live side by side, and take short turns: so what changes
 * with time meets all of them alike.
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
    // One behind the other: they would delay each other.
    for (const { name, start } of order) takers.set(name, await start());
    for (const taker of takers.values()) await taker.turn(Math.min(1000, seconds * 4000));
    const sums = new Map(order.map(({ name }) => [name, { count: 0, seconds: 0 }]));
    for (let turn = 0; turn < (seconds * 1000) / TURN; turn++) {
      for (const { name } of rotated(order, turn)) {
        const sum = sums.get(name)!;
        const { count, seconds: taken } = await takers.get(name)!.turn(TURN);
        sum.count += count;
        sum.seconds += taken;
      }
    }
    for (const [name, sum] of sums) samples.get(name)!.push(sum.count / sum.seconds);
    for (const taker of takers.values()) taker.stop();
  }
  return resultOf(comparison, samples);
}

/** A load on a server of its own; for each second of that server's CPU time, if how fast its clients are is not its merit. */
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

/** Asks a process for a turn. */
export async function takeTurn(agent: Agent, milliseconds: number): Promise<Turn> {
  return JSON.parse(await agent.ask(String(milliseconds))) as Turn;
}
