import { randomUUID } from 'node:crypto';
import { DEFAULT_REDIS_IDEMPOTENCY_KEYS, DEFAULT_REDIS_MAX_LENGTH } from '../../shared/defaults.ts';
import { hubOption } from '../../shared/option-validation.ts';
import type { OptionNames } from '../../shared/unknown-options.ts';
import type {
  Appended,
  Log,
  LogEntry,
  LogRange,
  NewLogEntry,
  PresenceRecords,
  Tail,
  TailListener,
} from '../log/log.ts';
import { comparePositions } from '../log/log-position.ts';
import { AppendQueue } from './append-queue.ts';
import { CommandConnection } from './command-connection.ts';
import { type RedisKeys, redisKeys, stateKeys } from './keys.ts';
import { announceState, holdsAllAfter, loadState, stateArguments, stateIn } from './log-state.ts';
import { parsePosition, positionId } from './position.ts';
import { checkClient, ownConnection, type RedisClient, type SendCommand } from './redis-client.ts';
import { RedisPresence } from './redis-presence.ts';
import { RedisTail } from './redis-tail.ts';
import { continuingEntries, rangeReplyEntries } from './replies.ts';
import { appendScript, readScript, runScript } from './scripts.ts';
import type { TailSource, TailTimes } from './tail-source.ts';

/** Options of a RedisLog. */
export interface RedisLogOptions {
  /**
   * The application's client of the package `redis` or `ioredis`. The log does not use its connection: it opens its own connections with
   * the settings of this client.
   */
  readonly client: RedisClient;
  /** The name of the log. All its keys in Redis begin with this name, in braces. Default: "pushwire". */
  readonly key?: string | undefined;
  /** The number of events that the log keeps. Redis removes older ones in groups, so there may be a few more. Default: 100,000. */
  readonly maxLength?: number | undefined;
  /** The number of idempotency keys that the log remembers. Default: 10,000. */
  readonly idempotencyKeys?: number | undefined;
  /**
   * Whether Redis never loses a confirmed event. Set this only if Redis writes each event to disk before it answers, with
   * `appendonly yes` and `appendfsync always`, and has no replicas that could replace it. If false, clients receive a reset after a
   * restart or a failover of Redis. It must be the same in all processes. Default: false.
   */
  readonly keepsDataOnRestart?: boolean | undefined;
}

const NAMES: OptionNames<RedisLogOptions> = {
  client: true,
  key: true,
  maxLength: true,
  idempotencyKeys: true,
  keepsDataOnRestart: true,
};

const TAIL_TIMES: TailTimes = { block: 2000, patience: 3000, delay: 100, maxDelay: 5000 };

/** A log in a stream of Redis, which several processes share. */
export class RedisLog implements Log {
  readonly presence: PresenceRecords;
  readonly #client: RedisClient;
  readonly #commands: CommandConnection;
  readonly #keys: RedisKeys;
  readonly #maxLength: number;
  readonly #idempotencyKeys: number;
  readonly #keepsDataOnRestart: boolean;
  readonly #appends: AppendQueue;
  readonly #tails = new Set<RedisTail>();
  readonly #tailTimes: TailTimes;

  /** @throws TypeError or RangeError for an invalid option, with the code HUB_ERR_INVALID_OPTION */
  constructor(options: RedisLogOptions);
  /** @internal */
  constructor(options: RedisLogOptions, tailTimes: TailTimes);
  constructor(options: RedisLogOptions, tailTimes: TailTimes = TAIL_TIMES) {
    const { client, key, maxLength, idempotencyKeys, keepsDataOnRestart } = hubOption.options(
      'RedisLog',
      options,
      NAMES,
    );
    this.#client = checkClient(client);
    this.#keys = redisKeys(checkKey(key), randomUUID());
    this.#maxLength = count('maxLength', maxLength ?? DEFAULT_REDIS_MAX_LENGTH, 1);
    this.#idempotencyKeys = count('idempotencyKeys', idempotencyKeys ?? DEFAULT_REDIS_IDEMPOTENCY_KEYS, 0);
    this.#keepsDataOnRestart = hubOption.flag('keepsDataOnRestart', keepsDataOnRestart, false);
    this.#tailTimes = tailTimes;
    // A command is given as much time as the tail's.
    const timeout = tailTimes.block + tailTimes.patience;
    this.#commands = new CommandConnection(() => ownConnection(client), { ...tailTimes, timeout });
    this.#appends = new AppendQueue((number, entries) => this.#callAppend(number, entries));
    this.presence = new RedisPresence(this.#commands.send, this.#keys.presence);
  }

  append(entry: NewLogEntry): Promise<Appended> {
    return this.#appends.append(entry);
  }

  async read(
    after: string,
    limit: number,
    maxBytes: number = Number.POSITIVE_INFINITY,
  ): Promise<readonly LogEntry[] | null> {
    const position = parsePosition(after);
    if (!position) return null;
    const { epoch, number } = position;
    const what = [epoch, String(number), String(limit), String(Math.min(maxBytes, Number.MAX_SAFE_INTEGER))];
    const args = [...stateArguments(this.#keepsDataOnRestart), ...what];
    const reply = await runScript(this.#commands.send, readScript, stateKeys(this.#keys), args);
    const state = stateIn(reply);
    if (epoch !== state.epoch || !holdsAllAfter(state, number)) return null;
    const entries = rangeReplyEntries((reply as unknown[])[4]);
    const hasGap =
      continuingEntries(entries, epoch, number) < entries.length || (entries.length === 0 && number < state.last);
    return hasGap ? null : entries.map(({ id, topic, event, data }) => ({ id, topic, event, data }));
  }

  async range(): Promise<LogRange> {
    const { epoch, last, oldest } = await this.#loadState(this.#commands.send);
    return { oldestId: oldest === null ? null : positionId(epoch, oldest), latestId: positionId(epoch, last) };
  }

  tail(listener: TailListener): Tail {
    const source: TailSource = {
      key: this.#keys.log,
      commands: this.#commands.send,
      connect: () => ownConnection(this.#client),
      loadState: (send) => this.#loadState(send),
      announceState: () => announceState(this.#commands.send, this.#keys, this.#keepsDataOnRestart),
      times: this.#tailTimes,
    };
    const tail = new RedisTail(source, listener, () => this.#tails.delete(tail));
    this.#tails.add(tail);
    return tail;
  }

  compare(id: string, other: string): number {
    return comparePositions(parsePosition(id), parsePosition(other));
  }

  async close(): Promise<void> {
    for (const tail of this.#tails) tail.close();
    this.#appends.close();
    this.#commands.close();
  }

  #loadState(send: SendCommand): ReturnType<typeof loadState> {
    return loadState(send, this.#keys, this.#keepsDataOnRestart);
  }

  async #callAppend(number: number, entries: readonly NewLogEntry[]): Promise<string> {
    const settings = [number, this.#maxLength, this.#idempotencyKeys].map(String);
    const fields = entries.flatMap(({ topic, event, data, idempotencyKey }) => [
      topic,
      optional(event),
      data,
      optional(idempotencyKey),
    ]);
    const args = [...stateArguments(this.#keepsDataOnRestart), ...settings, ...fields];
    const keys = [...stateKeys(this.#keys), this.#keys.caller];
    return String(await runScript(this.#commands.send, appendScript, keys, args));
  }
}

/** The braces of a key decide where a cluster keeps it. */
function checkKey(key: string | undefined): string {
  const text = hubOption.string('key', key, 'pushwire');
  if (!/^[^{}]+$/.test(text))
    throw hubOption.error(RangeError, 'key', 'a string that is not empty and has no braces', text);
  return text;
}

function count(name: string, value: number, min: number): number {
  return hubOption.integer(name, value, min, Number.MAX_SAFE_INTEGER);
}

/** An argument of the script for an optional text. */
function optional(text: string | undefined): string {
  return text === undefined ? '' : `=${text}`;
}
