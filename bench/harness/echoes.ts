import { headerLength } from '../load/frames.ts';
import { type AgentDescription, type ServerAgent, startServer } from './agents.ts';
import { type Comparison, type ComparisonResult, type Contender, compare, type Effort } from './compare.ts';
import { loadRate } from './load-rate.ts';

export interface EchoLoad {
  readonly connections: number;
  /** Bytes. */
  readonly payload: number;
  /** Messages in one write. */
  readonly batch: number;
}

const MASKING_KEY = 4;

/** Echo servers beside each other, under the same load. */
export async function compareEchoes(
  comparison: Comparison,
  agents: readonly AgentDescription[],
  load: EchoLoad,
  effort: Effort,
): Promise<ComparisonResult> {
  const reply = load.payload + headerLength(load.payload);
  const servers: ServerAgent[] = [];
  const contenders = await Promise.all(
    agents.map(async (description): Promise<Contender> => {
      const server = await startServer(description, { request: reply + MASKING_KEY, reply });
      servers.push(server);
      return { name: description.name, measure: () => loadRate('echo', server, { ...load, seconds: effort.seconds }) };
    }),
  );
  const result = await compare(comparison, contenders, effort);
  for (const server of servers) server.stop();
  return result;
}
