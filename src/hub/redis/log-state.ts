import { randomUUID } from 'node:crypto';
import { type RedisKeys, stateKeys } from './keys.ts';
import type { SendCommand } from './redis-client.ts';
import { announceScript, runScript, stateScript } from './scripts.ts';

/** The state of the log on the server. */
export interface LogState {
  readonly epoch: string;
  /** The number of the position before the first entry of the epoch. */
  readonly base: number;
  /** The number of the last entry, or `base`. */
  readonly last: number;
  /** The number of the oldest remaining entry of the epoch, or null. */
  readonly oldest: number | null;
}

/** The first arguments of each script of the log. They contain a new, unique epoch, which the script may begin. */
export function stateArguments(keepsDataOnRestart: boolean): string[] {
  // The first 12 digits are random. Node makes many UUIDs at a time, which costs less than as many calls of randomBytes().
  return [randomUUID().replace('-', '').slice(0, 12), keepsDataOnRestart ? '1' : '0'];
}

/** Requests the state. The server begins a new epoch if entries may be missing. */
export async function loadState(send: SendCommand, keys: RedisKeys, keepsDataOnRestart: boolean): Promise<LogState> {
  return stateIn(await runScript(send, stateScript, stateKeys(keys), stateArguments(keepsDataOnRestart)));
}

/** Requests the state, and announces it on the channel of the log. Resolves to null if the server cannot announce. */
export async function announceState(
  send: SendCommand,
  keys: RedisKeys,
  keepsDataOnRestart: boolean,
): Promise<LogState | null> {
  const reply = await runScript(send, announceScript, stateKeys(keys), stateArguments(keepsDataOnRestart));
  return String((reply as unknown[])[4]) === '1' ? stateIn(reply) : null;
}

/** The state, which is the first four items of a reply. */
export function stateIn(reply: unknown): LogState {
  const [epoch, base, last, oldest] = (reply as unknown[]).slice(0, 4).map(String) as [string, string, string, string];
  return { epoch, base: Number(base), last: Number(last), oldest: oldestOf(oldest, Number(base), Number(last)) };
}

/** Older entries than the first one after `base` are of another epoch. */
function oldestOf(text: string, base: number, last: number): number | null {
  const oldest = Math.max(Number(text), base + 1);
  return text === '' || oldest > last ? null : oldest;
}

/** Whether the log holds all entries after a number. */
export function holdsAllAfter({ base, last, oldest }: LogState, number: number): boolean {
  if (number < base || number > last) return false;
  return number === last || (oldest !== null && oldest <= number + 1);
}
