/** The command line is wrong. `main` prints the message without a stack and exits with status 2. */
export class UsageError extends Error {
  override readonly name: string = 'UsageError';
}
