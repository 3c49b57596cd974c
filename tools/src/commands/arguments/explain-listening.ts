/** What to do if a server cannot listen. */
const CODES: Readonly<Record<string, (option: string) => string>> = {
  EADDRINUSE: (option) =>
    `Another program listens on this port. Use another one with --${option}, or --${option} 0 for any free port.`,
  EACCES: (option) => `This user may not listen on this port. Use one of at least 1024 with --${option}.`,
  EADDRNOTAVAIL: () => 'This machine does not have this address. Check --host.',
  ENOTFOUND: () => 'The host name has no address. Check --host.',
};

/**
 * Adds what to do to the error of a server that cannot listen. Returns any other error as it is.
 *
 * @param option that sets the port
 */
export function explainListening(error: Error & { readonly code?: string }, option: string): Error {
  const { code = '' } = error;
  if (!Object.hasOwn(CODES, code)) return error;
  return new Error(`${error.message}\n${CODES[code]!(option)}`, { cause: error });
}
