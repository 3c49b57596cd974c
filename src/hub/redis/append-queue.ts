import { HubError, outcomeUnknown } from '../hub-error.ts';
import type { Appended, NewLogEntry } from '../log/log.ts';
import { positionId } from './position.ts';
import { NotConnectedError, publishError } from './redis-errors.ts';

/**
 * Calls the script with the arguments of several entries, and resolves to its reply. Calls are numbered. If a call is repeated with
 * the same number, and the server has received it before, it appends nothing.
 */
export type AppendCall = (number: number, entries: readonly NewLogEntry[]) => Promise<string>;

interface WaitingEntry {
  readonly entry: NewLogEntry;
  readonly resolve: (appended: Appended) => void;
  readonly reject: (error: Error) => void;
}

/** The maximum number of entries in a call. It blocks the server for about a millisecond. */
const MAX_ENTRIES = 256;
/** The maximum number of characters of data in a call with several entries. A longer entry has a call of its own. */
const MAX_CHARACTERS = 256 * 1024;

/**
 * Appends entries in their order, with one call at a time. Entries that are appended during a call belong to the next one. So no call
 * overtakes another, whatever the client does when the connection is lost. A call without an answer is repeated once.
 */
export class AppendQueue {
  readonly #call: AppendCall;
  #waiting: WaitingEntry[] = [];
  #sent: readonly WaitingEntry[] = [];
  #isScheduled = false;
  #calls = 0;
  #isClosed = false;

  constructor(call: AppendCall) {
    this.#call = call;
  }

  append(entry: NewLogEntry): Promise<Appended> {
    if (this.#isClosed) return Promise.reject(closedError());
    return new Promise((resolve, reject) => {
      this.#waiting.push({ entry, resolve, reject });
      if (this.#isScheduled) return;
      this.#isScheduled = true;
      setImmediate(() => void this.#run());
    });
  }

  /** Rejects all entries that are not confirmed. */
  close(): void {
    this.#isClosed = true;
    const cause = new Error('The log was closed before the server answered');
    for (const { reject } of this.#sent) reject(outcomeUnknown(cause));
    for (const { reject } of this.#waiting) reject(closedError());
    this.#waiting = [];
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const sent = this.#waiting.splice(0, callLength(this.#waiting));
      this.#sent = sent;
      try {
        const reply = await this.#callTwice(sent.map(({ entry }) => entry));
        const [epoch, ...results] = String(reply).split(' ') as [string, ...string[]];
        for (const [index, { resolve }] of sent.entries()) resolve(appended(epoch, results[index]!));
      } catch (error) {
        // Without a connection, the next call would wait as long as this one.
        const failed = error instanceof NotConnectedError ? [...sent, ...this.#waiting.splice(0)] : sent;
        const failure = publishError(error);
        for (const { reject } of failed) reject(failure);
      }
    }
    this.#sent = [];
    this.#isScheduled = false;
  }

  /** Calls the script. Repeats the call if the server may or may not have received it. */
  async #callTwice(entries: readonly NewLogEntry[]): Promise<string> {
    const number = ++this.#calls;
    try {
      return await this.#call(number, entries);
    } catch (error) {
      if (publishError(error).code !== 'HUB_ERR_OUTCOME_UNKNOWN' || this.#isClosed) throw error;
      return await this.#call(number, entries).catch(() => {
        // The first call may have appended the entries.
        throw error;
      });
    }
  }
}

/** Returns how many of the entries belong to the next call. */
function callLength(waiting: readonly WaitingEntry[]): number {
  let characters = 0;
  const end = waiting.findIndex(({ entry }, index) => {
    characters += entry.data.length;
    return index === MAX_ENTRIES || (index > 0 && characters > MAX_CHARACTERS);
  });
  return end === -1 ? waiting.length : end;
}

function appended(epoch: string, result: string): Appended {
  if (result.startsWith('=')) return { id: result.slice(1), duplicate: true };
  return { id: positionId(epoch, Number(result)), duplicate: false };
}

function closedError(): HubError {
  return new HubError('HUB_ERR_CLOSED', 'The event was not published: the log is closed');
}
