import { byteCount, payloadText } from './payload-text.ts';
import { Opcode, opcodeName, reservedBits } from './websocket/protocol.ts';

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
  /** The payload in hexadecimal; only its beginning if it is longer than 128 bytes. */
  readonly payload: string;
}

/** The octets of a payload that the record of a frame keeps: those of every valid control frame. */
const MAX_KEPT = 128;
/** The entries that a log keeps. Some cases have thousands. */
const MAX_ENTRIES = 200;

/** Records what goes over the wire, with the beginning of each payload. */
export class WireLog {
  readonly entries: LogEntry[] = [];
  #omitted = 0;
  readonly #start: number = performance.now();

  /** Milliseconds since the case began. */
  get time(): number {
    return performance.now() - this.#start;
  }

  add(who: LogEntry['who'], what: string): void {
    if (this.entries.length < MAX_ENTRIES) this.entries.push({ time: Math.round(this.time), who, what });
    else this.#omitted++;
  }

  addFrame(who: LogEntry['who'], { fin, rsv, opcode, payload, masked }: LoggedFrame): void {
    if (this.entries.length >= MAX_ENTRIES) return void this.#omitted++;
    const flags = `${fin ? 'FIN ' : ''}${rsv === 0 ? '' : `RSV ${reservedBits(rsv)} `}${masked ? 'masked ' : ''}`;
    const { length } = payload;
    this.entries.push({
      time: Math.round(this.time),
      who,
      what: `${flags}${opcodeName(opcode)}, ${byteCount(length)}: ${shown(opcode, payload)}`,
      frame: { fin, rsv, opcode, masked, length, payload: Buffer.from(payload.subarray(0, MAX_KEPT)).toString('hex') },
    });
  }

  /** Returns the entries, and a last one that counts those omitted. */
  finish(): LogEntry[] {
    if (this.#omitted === 0) return this.entries;
    const time = Math.round(this.time);
    return [...this.entries, { time, who: 'tester', what: `… and ${this.#omitted} more` }];
  }
}

export interface LoggedFrame {
  readonly fin: boolean;
  readonly rsv: number;
  readonly opcode: number;
  readonly masked: boolean;
  readonly payload: Uint8Array;
}

/** The payload of a frame in words. For a Close frame, its code and its reason. */
function shown(opcode: number, payload: Uint8Array): string {
  if (opcode !== Opcode.CLOSE || payload.length < 2) return payloadText(payload);
  const code = (payload[0]! << 8) | payload[1]!;
  return `${code} ${payloadText(payload.subarray(2))}`.trimEnd();
}
