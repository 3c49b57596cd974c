import { type ServerAgent, startLoad } from './agents.ts';

/** Puts a load on a server, and returns what it tells: how many messages came in a second. */
export async function loadRate(file: string, { port }: ServerAgent, options: unknown): Promise<number> {
  const generator = startLoad(file, { ...(options as object), port });
  await generator.line();
  const { rate } = JSON.parse(await generator.line()) as { rate: number };
  generator.stop();
  return rate;
}
