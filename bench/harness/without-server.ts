import { fileURLToPath } from 'node:url';
import { Agent } from './agents.ts';
import { type Comparison, type ComparisonResult, compare, type Effort } from './compare.ts';
import { compareTurns, type TurnTaker, takeTurn } from './turns.ts';

const agents = fileURLToPath(new URL('../peers/agents/', import.meta.url));

/**
 * Compares an operation that needs no server. Each contender runs in its own process, so that V8 does not compile its code
 * for the types of another contender.
 */
export function compareOperations(
  comparison: Comparison,
  file: string,
  contenders: readonly string[],
  options: Readonly<Record<string, unknown>>,
  effort: Effort,
): Promise<ComparisonResult> {
  const start = async (who: string): Promise<TurnTaker> => {
    const agent = startAgent(file, who, options);
    await agent.line();
    return { turn: (milliseconds) => takeTurn(agent, milliseconds), stop: () => agent.stop() };
  };
  return compareTurns(
    comparison,
    contenders.map((name) => ({ name, start: () => start(name) })),
    effort,
  );
}

/** Starts a process. `ws` runs without its native addon, `ws + bufferutil` with it. */
function startAgent(file: string, who: string, options: Readonly<Record<string, unknown>>): Agent {
  const environment = who === 'ws' ? { WS_NO_BUFFER_UTIL: 'true' } : {};
  return new Agent(process.execPath, [`${agents}${file}.js`, JSON.stringify({ ...options, who })], environment);
}

/** Compares processes that measure themselves and cannot be paused. They run one after another. */
export function compareProcesses(
  comparison: Comparison,
  file: string,
  contenders: readonly string[],
  options: Readonly<Record<string, unknown>>,
  effort: Effort,
): Promise<ComparisonResult> {
  const measure = async (who: string): Promise<number> => {
    const agent = startAgent(file, who, { ...options, seconds: effort.seconds });
    const { rate } = JSON.parse(await agent.line()) as { rate: number };
    agent.stop();
    return rate;
  };
  return compare(
    comparison,
    contenders.map((name) => ({ name, measure: () => measure(name) })),
    effort,
  );
}
