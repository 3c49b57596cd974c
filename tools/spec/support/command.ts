import { fileURLToPath } from 'node:url';
import { ChildProgram } from '../../../spec/support/child-program.ts';
import { UsageError } from '../../src/commands/arguments/usage-error.ts';
import { compare } from '../../src/commands/compare.ts';
import { conform } from '../../src/commands/conform.ts';
import { connect } from '../../src/commands/connect.ts';
import { listen } from '../../src/commands/listen.ts';
import { serve } from '../../src/commands/serve.ts';
import { WarmCommand } from './warm-command.ts';

const COMMANDS = { compare, conform, connect, listen, serve };

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

/** Runs the command in a process that may have run it before. A refusal of its arguments has no defined exit status there. */
export async function runWarm(...args: string[]): Promise<{ status: number | null; output: string; stdout: string }> {
  const run = new WarmCommand(args);
  const status = await run.ended();
  return { status, output: run.output, stdout: run.stdout };
}

/**
 * Resolves with the reason why a command refuses its arguments. `main.spec.ts` tests that the process prints it and exits with 2:
 * here, no process starts.
 *
 * @throws if the command does not refuse them
 */
export async function refusalOf(command: keyof typeof COMMANDS, ...args: string[]): Promise<string> {
  const error = await COMMANDS[command](args).then(
    () => new Error('The arguments are not refused'),
    (reason: Error) => reason,
  );
  if (!(error instanceof UsageError)) throw error;
  return error.message;
}
