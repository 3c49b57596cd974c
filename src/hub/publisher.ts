import { OBJECT_PRICE } from '../shared/memory-price.ts';
import { hubOption } from '../shared/option-validation.ts';
import type { OptionNames } from '../shared/unknown-options.ts';
import { within } from '../shared/within.ts';
import type { HubEvent } from './events/hub-event.ts';
import { EVENT_TYPE, isEventType, type NewEvent } from './events/new-event.ts';
import { checkTopic } from './events/topic.ts';
import { HubError, notPublished, outcomeUnknown } from './hub-error.ts';
import type { HubSettings } from './hub-options.ts';
import type { Appended, Log, NewLogEntry } from './log/log.ts';

const MAX_KEY_BYTES = 256;

/** A HubEvent may be published again: its topic and its id are no mistake. */
const EVENT_NAMES: OptionNames<NewEvent & HubEvent> = {
  event: true,
  data: true,
  idempotencyKey: true,
  topic: true,
  id: true,
};

/** The objects of an unconfirmed event: itself, its text, Promises, a timer, and its place in the log's queue. */
const OBJECTS_PER_EVENT = 8;

/** Appends events to the log, and limits the memory of unconfirmed events. */
export class Publisher<Data> {
  readonly #log: Log;
  readonly #settings: HubSettings;
  readonly #unconfirmed = new Set<NewLogEntry>();
  #unconfirmedBytes = 0;
  #isClosed = false;
  /** What `close()` waits for. */
  #onDrained: (() => void)[] = [];
  /** The number of events that the log has confirmed. */
  published = 0;
  /** The number of events that the log has refused, or has not confirmed in time. */
  failed = 0;

  constructor(settings: HubSettings) {
    this.#log = settings.log;
    this.#settings = settings;
  }

  get unconfirmed(): number {
    return this.#unconfirmed.size;
  }

  async publish(topic: string, given: NewEvent<Data>): Promise<string> {
    const { event, data, idempotencyKey } = hubOption.options('publish()', given, EVENT_NAMES, 'event');
    checkTopic(topic);
    const type = checkType(event);
    const key = checkKey(idempotencyKey);
    const json = this.#toJson(data);
    if (this.#isClosed) throw new HubError('HUB_ERR_CLOSED', 'The hub is closed');
    const bytes = Buffer.byteLength(json) + OBJECTS_PER_EVENT * OBJECT_PRICE;
    const { maxUnconfirmedBytes } = this.#settings;
    if (this.#unconfirmedBytes + bytes > maxUnconfirmedBytes && this.#unconfirmed.size > 0) {
      const message = `Too many unconfirmed events (limit ${maxUnconfirmedBytes} bytes)`;
      throw new HubError('HUB_ERR_TOO_MANY_UNCONFIRMED', message);
    }
    const entry = { topic, event: type, data: json, idempotencyKey: key };
    try {
      const { id } = await this.#inTime(this.#append(entry, bytes));
      this.published++;
      return id;
    } catch (error) {
      this.failed++;
      throw hubErrorOf(error);
    }
  }

  /** Refuses new events, and waits until the log has confirmed all earlier ones. */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#unconfirmed.size > 0) await new Promise<void>((resolve) => this.#onDrained.push(resolve));
  }

  #toJson(data: Data): string {
    const json = jsonOf(data);
    const { maxEventBytes } = this.#settings;
    const bytes = Buffer.byteLength(json);
    if (bytes <= maxEventBytes) return json;
    const message = `event.data exceeds maxEventBytes (limit ${maxEventBytes} bytes, received ${bytes} bytes of JSON)`;
    throw hubOption.fault(RangeError, message);
  }

  /** An event counts as unconfirmed until the log settles it, even after the timeout: the log still has it in memory. */
  async #append(entry: NewLogEntry, bytes: number): Promise<Appended> {
    this.#unconfirmed.add(entry);
    this.#unconfirmedBytes += bytes;
    try {
      return await this.#log.append(entry);
    } finally {
      this.#unconfirmed.delete(entry);
      this.#unconfirmedBytes -= bytes;
      if (this.#unconfirmed.size === 0) for (const resolve of this.#onDrained.splice(0)) resolve();
    }
  }

  #inTime(appended: Promise<Appended>): Promise<Appended> {
    const { publishTimeout } = this.#settings;
    if (publishTimeout === 0) return appended;
    return within(publishTimeout, appended, `the log has not confirmed the event within ${publishTimeout} ms`);
  }
}

/** @throws TypeError for a value that JSON cannot express, such as a function, a BigInt or a circular object */
function jsonOf(data: unknown): string {
  let cause: unknown;
  try {
    // For a function or undefined, it returns undefined, which its type does not say.
    const json = JSON.stringify(data) as string | undefined;
    if (json !== undefined) return json;
  } catch (error) {
    cause = error;
  }
  throw Object.assign(hubOption.error(TypeError, 'event.data', 'a value that JSON can express', data), { cause });
}

/** Converts the error of the log to the error of `publish()`. */
function hubErrorOf(error: unknown): Error {
  if (error instanceof Error) {
    // The class may be that of the other module format.
    if (error.name === 'HubError') return error;
    if ((error as NodeJS.ErrnoException).code === 'HUB_ERR_NOT_PUBLISHED') return notPublished(error);
  }
  return outcomeUnknown(error);
}

function checkType(type: string | undefined): string | undefined {
  if (type === undefined || type === null) return undefined;
  if (typeof type !== 'string') throw hubOption.error(TypeError, 'event.event', 'a string', type);
  if (!isEventType(type)) throw hubOption.error(RangeError, 'event.event', EVENT_TYPE, type);
  // Clients could not tell it from the hub's own.
  if (type === 'reset') throw hubOption.error(RangeError, 'event.event', 'a type other than "reset"', type);
  return type;
}

function checkKey(key: string | undefined): string | undefined {
  if (key === undefined || key === null) return undefined;
  const allowed = `a string of 1 to ${MAX_KEY_BYTES} bytes without control characters`;
  if (typeof key !== 'string') throw hubOption.error(TypeError, 'event.idempotencyKey', allowed, key);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this finds
  if (key === '' || Buffer.byteLength(key) > MAX_KEY_BYTES || /[\x00-\x1f\x7f]|\p{Surrogate}/u.test(key)) {
    throw hubOption.error(RangeError, 'event.idempotencyKey', allowed, key);
  }
  return key;
}
