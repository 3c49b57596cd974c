import { fileURLToPath } from 'node:url';
import { ChildProgram } from '../../../spec/support/child-program.ts';

export const COMMAND: string = fileURLToPath(new URL('../../bin/pushwire.js', import.meta.url));

/** Starts the built command `pushwire`. */
export function pushwire(...args: string[]): ChildProgram {
  return new ChildProgram(COMMAND, { args });
}

/** Runs the command until it exits. */
export async function runPushwire(...args: string[]): Promise<{ status: number | null; output: string }> {
  const program = pushwire(...args);
  return { status: await program.ended(), output: program.output };
}
