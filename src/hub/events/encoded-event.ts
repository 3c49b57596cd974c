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

/** The maximum number of forms of an event: its data as text, its parsed data, and its encodings. */
const FORMS = 6;

/** The maximum number of encodings that are kept: each subscriber may have a function of its own. */
const MAX_ENCODED_FORMS = FORMS - 2;

/** An event of the log, and its encodings. Each one is made once, when the first subscriber needs it. */
export class EncodedEvent<Data = unknown> implements HubEvent<Data>, HistoryEntry {
  readonly id: string;
  readonly topic: string;
  readonly event: string | undefined;
  /** The topic filters that accept the event. */
  readonly filters: readonly string[];
  /** The data as JSON text. */
  readonly json: string;
  readonly time: number = performance.now();
  /** The maximum number of bytes of memory that hold the event: not every form is made. */
  readonly memory: number;
  bytesBefore = 0;
  /** The position among the recent events; -1 if the event is not one of them. */
  position = -1;
  /** The data, once it is parsed. */
  #data: unknown;
  /** The cached result of `isValid`, which is read for each subscriber that is behind. */
  #isValid: boolean | undefined;
  /** The encoding that each function has made. */
  readonly #forms = new Map<object, unknown>();

  constructor({ id, topic, event, data }: LogEntry) {
    // Copies, because they may be slices of a longer text from the engine.
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

  /** Whether a hub has published the event: another program may have written it to the engine. */
  get isValid(): boolean {
    this.#isValid ??= isTopic(this.topic) && isEventType(this.event) && this.#parsed() !== INVALID;
    return this.#isValid;
  }

  /**
   * Returns the result of `encode`. Each of the first few functions is called once for all subscribers that use it. Returns
   * undefined if the function throws: then no subscriber that uses it sees the event.
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
