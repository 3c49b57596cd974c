import { byteCount, payloadText } from './payload-text.ts';
import { TrafficCounter, type TrafficRecord } from './traffic.ts';
import { isControl, Opcode, opcodeName, reservedBits } from './websocket/protocol.ts';

/** One thing that went over the wire during a case. */
export interface LogEntry {
  /** Milliseconds since the case began. */
  readonly time: number;
  readonly who: 'tester' | 'agent';
  readonly what: string;
  /** The frame, if it is one. */
  readonly frame?: FrameRecord;
}

/** What a log keeps of a frame. */
export interface FrameRecord {
  readonly fin: boolean;
  /** The reserved bits as a number: 4 for RSV1, 2 for RSV2, 1 for RSV3. */
  readonly rsv: number;
  readonly opcode: number;
  readonly masked: boolean;
  /** Of the whole payload, in bytes. */
  readonly length: number;
  /** The payload in hexadecimal. Only the beginning of a long one. */
  readonly payload: string;
}

/** The octets of a payload that the record of a frame keeps: all of a valid control frame. */
const MAX_CONTROL = 125;
const MAX_DATA = 64;
/** The octets that the record of a frame keeps in a case that failed, and those that all these frames may keep together. */
const MAX_FAILED = 4_096;
const MAX_ALL_FAILED = 64 * 1024;
/** The entries that a log keeps of the beginning, and of the end. Some cases have thousands, and failures are at the end. */
const MAX_FIRST = 60;
const MAX_LAST = 60;

/** Records what goes over the wire, with the beginning of each payload. */
export class WireLog {
  /** When the case began. */
  readonly started: Date = new Date();
  // The entries are made at the end: most of those of a long case are omitted.
  readonly #first: EntryMaker[] = [];
  readonly #last: EntryMaker[] = [];
  #omitted = 0;
  readonly #start: number = performance.now();
  readonly #sent = { tester: new TrafficCounter(), agent: new TrafficCounter() };

  /** Milliseconds since the case began. */
  get time(): number {
    return performance.now() - this.#start;
  }

  add(who: LogEntry['who'], what: string): void {
    const time = Math.round(this.time);
    this.#push(() => ({ time, who, what }));
  }

  addFrame(who: LogEntry['who'], { fin, rsv, opcode, payload, masked }: LoggedFrame): void {
    const time = Math.round(this.time);
    const { length } = payload;
    this.#sent[who].addFrame(opcode, length);
    // A copy, so that the log does not keep whole messages. It has the whole code point at the limit.
    const kept = Buffer.from(payload.subarray(0, MAX_FAILED + 3));
    this.#push((limit) => {
      const flags = `${fin ? 'FIN ' : ''}${rsv === 0 ? '' : `RSV ${reservedBits(rsv)} `}${masked ? 'masked ' : ''}`;
      const what = `${flags}${opcodeName(opcode)}, ${byteCount(length)}: ${shown(opcode, kept)}`;
      const max = limit ?? (isControl(opcode) ? MAX_CONTROL : MAX_DATA);
      return { time, who, what, frame: { fin, rsv, opcode, masked, length, payload: kept.toString('hex', 0, max) } };
    });
  }

  /** Counts a compressed message. */
  addCompressed(who: LogEntry['who'], bytes: number, compressedBytes: number): void {
    this.#sent[who].addCompressed(bytes, compressedBytes);
  }

  /** What both sides have sent; undefined if there were no frames. */
  traffic(): TrafficRecord | undefined {
    const { tester, agent } = this.#sent;
    if (tester.isEmpty && agent.isEmpty) return undefined;
    return { tester: tester.record(), agent: agent.record() };
  }

  /**
   * Returns the entries. In place of those omitted, one counts them.
   *
   * @param hasFailed whether to keep more of the payloads
   */
  finish(hasFailed = false): LogEntry[] {
    let left = hasFailed ? MAX_ALL_FAILED : 0;
    const make = (entry: EntryMaker): LogEntry => {
      const made = entry(left > 0 ? Math.max(MAX_CONTROL, Math.min(left, MAX_FAILED)) : undefined);
      left -= (made.frame?.payload.length ?? 0) / 2;
      return made;
    };
    // Failures are at the end: it is the first to keep more.
    const last = this.#last.toReversed().map(make).reverse();
    const first = this.#first.toReversed().map(make).reverse();
    const { time, who } = last[0] ?? { time: 0, who: 'tester' };
    const omitted: LogEntry[] = this.#omitted === 0 ? [] : [{ time, who, what: `… and ${this.#omitted} more` }];
    return [...first, ...omitted, ...last];
  }

  #push(entry: EntryMaker): void {
    if (this.#first.length < MAX_FIRST) return void this.#first.push(entry);
    this.#last.push(entry);
    // In batches: moving all entries for each one would take long for a case with many.
    if (this.#last.length < 2 * MAX_LAST) return;
    this.#omitted += MAX_LAST;
    this.#last.splice(0, MAX_LAST);
  }
}

/** Makes an entry. `limit` is the number of octets to keep of a payload; by default, few. */
type EntryMaker = (limit?: number) => LogEntry;

export interface LoggedFrame {
  readonly fin: boolean;
  readonly rsv: number;
  readonly opcode: number;
  readonly masked: boolean;
  readonly payload: Uint8Array;
}

/**
 * The payload of a frame in words, as much as its record has. For a Close frame, its code and its reason.
 *
 * @param payload what the record has
 * @param length of the whole payload
 */
export function framePayloadText(opcode: number, payload: Uint8Array, length: number): string {
  // One octet less: the cut is marked, and is not within a code point.
  return shown(opcode, payload, payload.length < length ? payload.length - 1 : payload.length);
}

function shown(opcode: number, payload: Uint8Array, max?: number): string {
  if (opcode !== Opcode.CLOSE || payload.length < 2) return payloadText(payload, max);
  const code = (payload[0]! << 8) | payload[1]!;
  return `${code} ${payloadText(payload.subarray(2), max)}`.trimEnd();
}
