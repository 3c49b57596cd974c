import { type ServerAgent, startLoad } from './agents.ts';

/** Puts a load on a server, and returns what it tells in the end. */
export async function loadResult<Result>(file: string, { port }: ServerAgent, options: unknown): Promise<Result> {
  const generator = startLoad(file, { ...(options as object), port });
  await generator.line();
  const result = JSON.parse(await generator.line()) as Result;
  generator.stop();
  return result;
}

/** How many messages come in a second. */
export async function loadRate(file: string, server: ServerAgent, options: unknown): Promise<number> {
  return (await loadResult<{ rate: number }>(file, server, options)).rate;
}

/** How much a load counts for each second of the server's CPU time: how fast its clients are is not the server's merit. */
export async function loadPerCpuSecond(file: string, server: ServerAgent, options: unknown): Promise<number> {
  const generator = startLoad(file, { ...(options as object), port: server.port });
  await generator.line();
  const before = await server.cpu();
  const count = Number(await generator.line());
  const used = (await server.cpu()) - before;
  generator.stop();
  return count / used;
}
