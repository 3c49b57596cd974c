import { type ParseArgsConfig, parseArgs } from 'node:util';
import { UsageError, usageError } from './usage-error.ts';

/** Parses the arguments of a command. @throws {UsageError} with the usage in `help`, if an argument is unknown or incomplete */
export function parseOptions<const Config extends ParseArgsConfig>(
  config: Config,
  help: string,
): ReturnType<typeof parseArgs<Config>> {
  try {
    return parseArgs(config);
  } catch (error) {
    throw usageError(reasonOf(error as Error & { code?: string }), help);
  }
}

/** What is wrong with the arguments. The messages of Node.js explain positional arguments at length. */
function reasonOf({ code, message }: Error & { code?: string }): string {
  const [, name = ''] = /'(?:-\w, )?(-[^' ]+|[^']*)/.exec(message) ?? [];
  if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') return `Unknown option "${name}"`;
  if (code === 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL') return `Unexpected argument "${name}"`;
  if (code !== 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE') return message;
  if (message.includes('does not take an argument')) return `${name} takes no value`;
  // Node.js does not know whether a dash begins a value or an option.
  if (message.includes('ambiguous'))
    return `A value of ${name} that begins with a dash must be written as ${name}=VALUE`;
  return `${name} must have a value; received none`;
}

/** The longest delay of a Node.js timer, in milliseconds. A longer one fires at once. */
export const MAX_TIMEOUT: number = 2 ** 31 - 1;

/** The value of a numeric option. @param highest defaults to no limit */
export function wholeNumber(name: string, text: string, lowest: number, highest?: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= lowest && value <= (highest ?? Number.MAX_SAFE_INTEGER)) return value;
  const range = highest === undefined ? `of at least ${lowest}` : `from ${lowest} to ${highest}`;
  throw new UsageError(`--${name} must be a whole number ${range}; received "${text}"`);
}

/** The value of an option that is a TCP port. Port 0 selects any free port. */
export function portNumber(name: string, text: string): number {
  return wholeNumber(name, text, 0, 65_535);
}

/** Returns what `make` returns, and turns what it throws into a {@link UsageError}. */
export function fromArguments<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** The only positional argument of a command. */
export function onlyUrl(positionals: readonly string[], help: string): string {
  const [url, ...more] = positionals;
  if (url === undefined || more.length > 0) {
    throw usageError(`Expected one URL; received ${positionals.length === 0 ? 'none' : positionals.length}`, help);
  }
  return url;
}
