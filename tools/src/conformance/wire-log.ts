import { opcodeName, reservedBits } from './websocket/protocol.ts';

/** One thing that went over the wire during a case. */
export interface LogEntry {
  /** Milliseconds since the case began. */
  readonly time: number;
  readonly who: 'tester' | 'agent';
  readonly what: string;
}

/** The octets of a payload that an entry shows. */
const MAX_SHOWN = 64;
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
    const flags = `${fin ? 'FIN ' : ''}${rsv === 0 ? '' : `RSV ${reservedBits(rsv)} `}${masked ? 'masked ' : ''}`;
    this.add(
      who,
      `${flags}${opcodeName(opcode)}, ${payload.length === 1 ? '1 byte' : `${payload.length} bytes`}: ${toHex(payload)}`,
    );
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

function toHex(payload: Uint8Array): string {
  const octets = Buffer.from(payload.subarray(0, MAX_SHOWN)).toString('hex');
  return payload.length > MAX_SHOWN ? `${octets}…` : octets;
}
