/**
 * Gives a message to an error of Node that has none: if each address of a host refuses the connection, the message of the
 * AggregateError is empty.
 */
export function withMessage(error: Error): Error {
  if (error.message === '' && error instanceof AggregateError) {
    error.message = error.errors.map((one) => (one instanceof Error ? one.message : String(one))).join('; ');
  }
  return error;
}
