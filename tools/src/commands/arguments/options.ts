import { readFile } from 'node:fs/promises';
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { UsageError } from './usage-error.ts';

/** The arguments of a subcommand, parsed; what is wrong with them is told with its help. */
export function parseOptions<const Config extends ParseArgsConfig>(
  config: Config,
  help: string,
): ReturnType<typeof parseArgs<Config>> {
  try {
    return parseArgs(config);
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n\n${help}`);
  }
}

export function wholeNumber(name: string, text: string, lowest: number, highest: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= lowest && value <= highest) return value;
  throw new UsageError(`--${name} must be a whole number from ${lowest} to ${highest}, and is "${text}"`);
}

/** The most that a timer of Node takes, in milliseconds. */
export const LONGEST_TIME: number = 2 ** 31 - 1;

/** Makes something of the arguments: what it throws is told as a fault of theirs. */
export function fromArguments<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** The only positional argument. */
export function onlyUrl(positionals: readonly string[], help: string): string {
  const [url, ...more] = positionals;
  if (url === undefined || more.length > 0) throw new UsageError(`One URL must be given.\n\n${help}`);
  return url;
}

/** Header fields as curl takes them: `Name: value`, each several times. */
export function headerOptions(lines: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const [, name, value] = /^([^:\s]+):\s*(.*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) {
      throw new UsageError(`--header must be "Name: value", and is "${line}"`);
    }
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
  }
  return headers;
}

/** What decides whether the certificate of a server is believed. */
export async function tlsOptions(
  ca: string | undefined,
  insecure: boolean,
): Promise<{ ca?: Buffer; rejectUnauthorized?: false }> {
  return {
    ...(ca === undefined ? {} : { ca: await readFile(ca) }),
    ...(insecure ? { rejectUnauthorized: false } : {}),
  };
}
