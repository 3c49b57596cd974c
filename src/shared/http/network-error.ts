/**
 * Adds a message to an error of Node.js without one: if all addresses of a host refuse the connection, the message of the
 * AggregateError is empty.
 */
export function withMessage(error: Error): Error {
  if (error.message === '' && error instanceof AggregateError) {
    error.message = error.errors.map((one) => (one instanceof Error ? one.message : String(one))).join('; ');
  }
  return error;
}
