import { OBJECT_PRICE } from '../../shared/memory-price.ts';
import { ownText } from '../../shared/own-text.ts';
import type { ParsedEvent } from './event-sink.ts';
import { HeldText } from './held-text.ts';

/** After this many lines, their text is copied: a concatenated string keeps an object for each of its parts. */
const MAX_JOINED_LINES = 1024;

const TYPE = 1;
const ID = 2;

/**
 * The buffers of WHATWG HTML §9.2.6. Between two chunks, they keep nothing of a chunk: `hold()` copies what is needed.
 *
 * The methods that return a boolean return false if the event exceeds the limit. Texts are passed with their size as UTF-8,
 * or more, if they are not ASCII: the exact size is computed only near the limit.
 */
export class PendingEvent {
  readonly #maxBytes: number;
  /** The data of the current chunk, which follows the held data. It may be a slice or a concatenation. */
  #data = '';
  #joinedLines = 0;
  readonly #heldData = new HeldText();
  #isDataHeld = false;
  #hasData = false;
  /** The bytes of the data, the type and the last event ID. */
  #bytes: number;
  #type = '';
  #typeBytes = 0;
  /** The last event ID buffer. */
  #id: string;
  #idBytes: number;
  /** Which texts may be slices of the current chunk: a sum of TYPE and ID. */
  #slices = 0;
  #lastEventId: string;
  /** The last event ID at the end of the previous chunk, which has memory of its own. */
  #heldLastEventId: string;

  constructor(maxBytes: number, lastEventId: string) {
    this.#maxBytes = maxBytes;
    this.#lastEventId = lastEventId;
    this.#heldLastEventId = lastEventId;
    this.#id = lastEventId;
    this.#idBytes = Buffer.byteLength(lastEventId);
    this.#bytes = this.#idBytes;
  }

  /** The last event ID at the time of the last dispatch. */
  get lastEventId(): string {
    return this.#lastEventId;
  }

  get heldBytes(): number {
    // Two bytes for each character, unless all are ASCII.
    const strings = 2 * (this.#type.length + this.#id.length + this.#lastEventId.length) + 3 * OBJECT_PRICE;
    return this.#heldData.heldBytes + strings;
  }

  /** The bytes of the data, the type and the last event ID. Exact after a method has returned false. */
  get bytes(): number {
    return this.#bytes;
  }

  appendData(value: string, bytes: number): boolean {
    if (this.#hasData) {
      this.#data = `${this.#data}\n${value}`;
      this.#bytes += bytes + 1;
      if (++this.#joinedLines === MAX_JOINED_LINES) this.#holdData();
    } else {
      this.#data = value;
      this.#bytes += bytes;
      this.#hasData = true;
    }
    return this.#bytes <= this.#maxBytes || this.#fits();
  }

  /** Appends a value that is long, and has memory of its own. */
  appendLongData(value: string, bytes: number): boolean {
    this.appendData('', 0);
    this.#holdData();
    this.#heldData.appendBlock(value, bytes === value.length);
    this.#bytes += bytes;
    return this.#bytes <= this.#maxBytes || this.#fits();
  }

  setType(value: string, bytes: number): boolean {
    const exactBytes = bytes === value.length ? bytes : Buffer.byteLength(value);
    this.#bytes += exactBytes - this.#typeBytes;
    this.#typeBytes = exactBytes;
    this.#type = value;
    this.#slices |= TYPE;
    return this.#bytes <= this.#maxBytes || this.#fits();
  }

  setId(value: string, bytes: number): boolean {
    const exactBytes = bytes === value.length ? bytes : Buffer.byteLength(value);
    this.#bytes += exactBytes - this.#idBytes;
    this.#idBytes = exactBytes;
    this.#id = value;
    this.#slices |= ID;
    return this.#bytes <= this.#maxBytes || this.#fits();
  }

  /** The empty line. Returns the event, or undefined if there is no data. */
  end(): ParsedEvent | undefined {
    // §9.2.6: this comes before the check of the data, so an id without data counts.
    this.#lastEventId = this.#id;
    if (!this.#hasData) {
      this.#reset();
      return undefined;
    }
    const data = this.#isDataHeld ? this.#takeData() : this.#data;
    const event = { type: this.#type || 'message', data, lastEventId: this.#id };
    this.#reset();
    return event;
  }

  /** Discards the event. The last event ID stays as it was after the last dispatch. */
  discard(): void {
    this.#heldData.clear();
    this.#isDataHeld = false;
    this.#id = this.#lastEventId;
    this.#idBytes = Buffer.byteLength(this.#id);
    this.#reset();
    this.hold();
  }

  /** Call this at the end of a chunk: copies what is kept of it. */
  hold(): void {
    if (this.#data !== '') this.#holdData();
    if (this.#slices !== 0) this.#copySlices();
    this.#heldLastEventId = this.#lastEventId;
  }

  #copySlices(): void {
    if ((this.#slices & TYPE) !== 0) this.#type = ownText(this.#type);
    // An ID may be kept for hours.
    if ((this.#slices & ID) !== 0) {
      const isDispatched = this.#lastEventId === this.#id;
      this.#id = ownText(this.#id);
      if (isDispatched) this.#lastEventId = this.#id;
      // The equal text of an earlier chunk needs no copy.
      else if (this.#lastEventId === this.#heldLastEventId) this.#lastEventId = this.#heldLastEventId;
      else this.#lastEventId = ownText(this.#lastEventId);
    }
    this.#slices = 0;
  }

  #holdData(): void {
    this.#heldData.appendText(this.#data);
    this.#isDataHeld = true;
    this.#data = '';
    this.#joinedLines = 0;
  }

  #takeData(): string {
    this.#holdData();
    const data = this.#heldData.take();
    this.#heldData.clear();
    this.#isDataHeld = false;
    return data;
  }

  #reset(): void {
    this.#data = '';
    this.#hasData = false;
    this.#bytes = this.#idBytes;
    if (this.#type === '') return;
    this.#type = '';
    this.#typeBytes = 0;
  }

  /** Whether the exact size is within the limit. */
  #fits(): boolean {
    this.#holdData();
    this.#bytes = this.#heldData.size + this.#typeBytes + this.#idBytes;
    return this.#bytes <= this.#maxBytes;
  }
}
