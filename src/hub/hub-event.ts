import type { HistoryEntry } from '../shared/history.ts';
import { ALLOCATION_PRICE, OBJECT_PRICE } from '../shared/memory-price.ts';
import { ownText } from '../shared/own-text.ts';
import type { LogEntry } from './log.ts';

/**
 * An event of a hub.
 *
 * @typeParam Data the type of the data of the events
 */
export interface HubEvent<Data = unknown> {
  /** The position of the event in the log. */
  readonly id: string;
  /** The topic to which it was published. */
  readonly topic: string;
  /** The event type; undefined for none, which event streams dispatch as `message`. */
  readonly event: string | undefined;
  /** The data, as it was published: a value of JSON. All subscribers receive the same object: do not change it. */
  readonly data: Data;
}

/** The objects that an event consists of: the event, its id and its places in maps and queues. */
const OBJECTS_PER_EVENT = 6;

/** The forms in which an event is kept: its data as text, parsed, encoded for event streams, and for WebSockets. */
const FORMS = 4;

/** An event of the log, and what it is encoded to. Each form is made once, when the first subscriber needs it. */
export class EncodedEvent<Data = unknown> implements HubEvent<Data>, HistoryEntry {
  readonly id: string;
  readonly topic: string;
  readonly event: string | undefined;
  /** The data as JSON text. */
  readonly json: string;
  readonly time: number = performance.now();
  /** The bytes of memory that hold it, at most: not every form is made. */
  readonly memory: number;
  bytesBefore = 0;
  /** Its position among the recent events; -1 if it is not one of them. */
  position = -1;
  #data: Data | undefined;
  #isParsed = false;
  /** What each function has encoded it to. */
  readonly #forms = new Map<object, unknown>();

  constructor({ id, topic, event, data }: LogEntry) {
    // Of their own: they may be slices of what was read from the engine.
    this.id = ownText(id);
    this.topic = ownText(topic);
    this.event = event === undefined ? undefined : ownText(event);
    this.json = ownText(data);
    const length = id.length + topic.length + (event?.length ?? 0) + data.length;
    this.memory = FORMS * length + OBJECTS_PER_EVENT * OBJECT_PRICE + 2 * ALLOCATION_PRICE;
  }

  get data(): Data {
    if (!this.#isParsed) {
      this.#data = JSON.parse(this.json) as Data;
      this.#isParsed = true;
    }
    return this.#data as Data;
  }

  /**
   * Returns what `encode` makes of the event. It is called once for all subscribers that use it: if it throws, the same error is thrown
   * for each of them.
   */
  encoded<Form extends object>(encode: (event: EncodedEvent<Data>) => Form): Form {
    const known = this.#forms.get(encode) as Form | Failure | undefined;
    if (known instanceof Failure) throw known.error;
    if (known !== undefined) return known;
    try {
      const form = encode(this);
      this.#forms.set(encode, form);
      return form;
    } catch (error) {
      this.#forms.set(encode, new Failure(error));
      throw error;
    }
  }
}

/** What a function has thrown in place of a form. */
class Failure {
  readonly error: unknown;

  constructor(error: unknown) {
    this.error = error;
  }
}
