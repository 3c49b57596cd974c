import { fileURLToPath } from 'node:url';
import { Agent } from './agents.ts';
import { type Comparison, type ComparisonResult, compare, type Effort } from './compare.ts';

const agents = fileURLToPath(new URL('../peers/agents/', import.meta.url));

/** Measures what needs no server: each contender in a process of its own, so that none has the other's types compiled. */
export function compareProcesses(
  comparison: Comparison,
  file: string,
  contenders: readonly string[],
  options: Readonly<Record<string, unknown>>,
  effort: Effort,
): Promise<ComparisonResult> {
  const measure = async (who: string): Promise<number> => {
    const argument = JSON.stringify({ ...options, who, seconds: effort.seconds });
    const environment = who === 'ws' ? { WS_NO_BUFFER_UTIL: 'true' } : {};
    const agent = new Agent(process.execPath, [`${agents}${file}.js`, argument], environment);
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
