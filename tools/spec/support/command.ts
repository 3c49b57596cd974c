import { fileURLToPath } from 'node:url';
import { ChildProgram } from '../../../spec/support/child-program.ts';

export const COMMAND: string = fileURLToPath(new URL('../../bin/pushwire.js', import.meta.url));

/** Starts the command `pushwire` as it was built. */
export function pushwire(...args: string[]): ChildProgram {
  return new ChildProgram(COMMAND, { args });
}

/** The same, to its end. */
export async function runPushwire(...args: string[]): Promise<{ status: number | null; output: string }> {
  const program = pushwire(...args);
  return { status: await program.ended(), output: program.output };
}
