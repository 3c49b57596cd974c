/** The command line is wrong: told without a stack, and with the exit status 2. */
export class UsageError extends Error {
  override readonly name: string = 'UsageError';
}
