import { fileURLToPath } from 'node:url';
import { Agent } from './agents.ts';
import { type Comparison, type ComparisonResult, compare, type Effort } from './compare.ts';
import { compareTurns, type TurnTaker, takeTurn } from './turns.ts';

const agents = fileURLToPath(new URL('../peers/agents/', import.meta.url));

/** Measures an operation that needs no server: each contender in a process of its own, so that none has the other's types compiled. */
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

/** `ws` by its plain name has no native addon. */
function startAgent(file: string, who: string, options: Readonly<Record<string, unknown>>): Agent {
  const environment = who === 'ws' ? { WS_NO_BUFFER_UTIL: 'true' } : {};
  return new Agent(process.execPath, [`${agents}${file}.js`, JSON.stringify({ ...options, who })], environment);
}

/** Measures what goes on by itself, one process after the other. */
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
