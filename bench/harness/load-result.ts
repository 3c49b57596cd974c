import { type ServerAgent, startLoad } from './agents.ts';

/** Runs a load generator against a server, and returns its result. */
export async function loadResult<Result>(file: string, { port }: ServerAgent, options: unknown): Promise<Result> {
  const generator = startLoad(file, { ...(options as object), port });
  await generator.line();
  const result = JSON.parse(await generator.line()) as Result;
  generator.stop();
  return result;
}
