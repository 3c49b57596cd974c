import { type ServerAgent, startLoad } from './agents.ts';

/** Puts a load on a server, and returns what it tells in the end. */
export async function loadResult<Result>(file: string, { port }: ServerAgent, options: unknown): Promise<Result> {
  const generator = startLoad(file, { ...(options as object), port });
  await generator.line();
  const result = JSON.parse(await generator.line()) as Result;
  generator.stop();
  return result;
}
