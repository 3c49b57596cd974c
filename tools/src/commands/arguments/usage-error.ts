/** The command line is wrong. `main` prints the message without a stack and exits with status 2. */
export class UsageError extends Error {
  override readonly name: string = 'UsageError';
}

/** A {@link UsageError} with the first lines of the help of the command. All of it would move the message out of sight. */
export function usageError(message: string, help: string): UsageError {
  const [usage = ''] = help.split('\n\n');
  const command = /^Usage: (pushwire \w+)/.exec(usage)?.[1] ?? 'pushwire';
  return new UsageError(`${message}\n\n${usage}\n\nRun "${command} --help" to see the options.`);
}
