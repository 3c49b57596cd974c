import type { HistoryEntry } from '../../shared/history.ts';
import { ALLOCATION_PRICE, OBJECT_PRICE } from '../../shared/memory-price.ts';
import { ownText } from '../../shared/own-text.ts';
import type { HookErrors } from '../hook-errors.ts';
import type { LogEntry } from '../log/log.ts';
import type { HubEvent } from './hub-event.ts';
import { isEventType } from './new-event.ts';
import { filtersAccepting, isTopic } from './topic.ts';

/** The objects that an event consists of: the event, its id and its places in maps and queues. */
const OBJECTS_PER_EVENT = 6;

/** The forms in which an event is kept: its data as text, parsed, and what functions have encoded it to. */
const FORMS = 6;

/** What more functions encode it to is not kept: each subscriber may have a function of its own. */
const MAX_ENCODED_FORMS = FORMS - 2;

/** An event of the log, and what it is encoded to. Each form is made once, when the first subscriber needs it. */
export class EncodedEvent<Data = unknown> implements HubEvent<Data>, HistoryEntry {
  readonly id: string;
  readonly topic: string;
  readonly event: string | undefined;
  /** The topic filters that accept it. */
  readonly filters: readonly string[];
  /** The data as JSON text. */
  readonly json: string;
  readonly time: number = performance.now();
  /** The bytes of memory that hold it, at most: not every form is made. */
  readonly memory: number;
  bytesBefore = 0;
  /** Its position among the recent events; -1 if it is not one of them. */
  position = -1;
  /** The data, once it is parsed. */
  #data: unknown;
  /** Whether it is valid, once it is known: each subscriber that is behind asks. */
  #isValid: boolean | undefined;
  /** What each function has encoded it to. */
  readonly #forms = new Map<object, unknown>();

  constructor({ id, topic, event, data }: LogEntry) {
    // Of their own: they may be slices of what was read from the engine.
    this.id = ownText(id);
    this.topic = ownText(topic);
    this.filters = filtersAccepting(this.topic);
    this.event = event === undefined ? undefined : ownText(event);
    this.json = ownText(data);
    const length = id.length + topic.length + (event?.length ?? 0) + data.length;
    const filters = this.filters.length * (topic.length + OBJECT_PRICE);
    this.memory = FORMS * length + filters + OBJECTS_PER_EVENT * OBJECT_PRICE + FORMS * ALLOCATION_PRICE;
  }

  get data(): Data {
    return this.#parsed() as Data;
  }

  /** Whether a hub has published it: something else may have written to the engine. */
  get isValid(): boolean {
    this.#isValid ??= isTopic(this.topic) && isEventType(this.event) && this.#parsed() !== INVALID;
    return this.#isValid;
  }

  /**
   * Returns what `encode` makes of the event. Each of the first few functions is called once for all subscribers that use it. Returns
   * undefined if it throws: no subscriber that uses it sees the event then.
   */
  encoded<Form extends object>(
    encode: (event: EncodedEvent<Data>) => Form,
    hookErrors: Pick<HookErrors, 'report'>,
  ): Form | undefined {
    const known = this.#forms.get(encode) as Form | undefined;
    if (known !== undefined || this.#forms.has(encode)) return known;
    let form: Form | undefined;
    try {
      form = encode(this);
    } catch (error) {
      hookErrors.report('encode', error);
    }
    if (this.#forms.size < MAX_ENCODED_FORMS) this.#forms.set(encode, form);
    return form;
  }

  #parsed(): unknown {
    if (this.#data === undefined) {
      try {
        this.#data = JSON.parse(this.json);
      } catch {
        this.#data = INVALID;
      }
    }
    return this.#data;
  }
}

/** In place of data that is not JSON. No value of JSON is undefined or a symbol. */
const INVALID = /* @__PURE__ */ Symbol('invalid');
