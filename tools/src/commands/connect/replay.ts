import { setTimeout as delay } from 'node:timers/promises';
import { readOptionFile } from '../arguments/read-option-file.ts';
import { UsageError } from '../arguments/usage-error.ts';
import type { Outgoing } from './transmit.ts';

/** Something to send, and when. */
export interface Timed {
  /** Milliseconds from the opening of the connection. */
  readonly time: number;
  readonly outgoing: Outgoing;
}

interface Clock {
  now(): number;
  wait(milliseconds: number): Promise<unknown>;
}

// The timer must not keep the process alive if the server closes the connection first.
const SYSTEM_CLOCK: Clock = { now: () => performance.now(), wait: (time) => delay(time, undefined, { ref: false }) };

const KINDS: ReadonlySet<unknown> = new Set<Outgoing['kind']>(['text', 'binary', 'ping', 'pong']);

/** Reads what the client has sent from a file of --record. @throws {UsageError} if the file is not one */
export async function readReplay(file: string): Promise<readonly Timed[]> {
  const text = (await readOptionFile('replay', file)).toString();
  const found: Timed[] = [];
  let openedAt: number | undefined;
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const refuse = (allowed: string): never => {
      throw new UsageError(`--replay: line ${index + 1} of ${file} must be ${allowed}; received ${line.slice(0, 100)}`);
    };
    const { time, event, kind, data } = parse(line) ?? refuse('JSON');
    if (typeof time !== 'number' || typeof event !== 'string') return refuse('an object with "time" and "event"');
    openedAt ??= time;
    if (event !== 'sent') continue;
    if (!KINDS.has(kind) || typeof data !== 'string') {
      return refuse('an object with the "kind" text, binary, ping or pong, and "data"');
    }
    const outgoing: Outgoing = {
      kind: kind as Outgoing['kind'],
      data: kind === 'text' ? data : Buffer.from(data, 'base64'),
    };
    found.push({ time: time - openedAt, outgoing });
  }
  if (found.length === 0) throw new UsageError(`--replay: ${file} has no line with "event":"sent"`);
  return found;
}

/** Yields each message at its time. */
export async function* replay(recorded: readonly Timed[], clock: Clock = SYSTEM_CLOCK): AsyncGenerator<Outgoing> {
  const start = clock.now();
  for (const { time, outgoing } of recorded) {
    const early = time - (clock.now() - start);
    if (early > 0) await clock.wait(early);
    yield outgoing;
  }
}

function parse(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return Object(JSON.parse(line)) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
