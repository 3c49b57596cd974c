/** What went over the wire in a case, for its report. */
export interface LogEntry {
  /** Milliseconds since the case began. */
  readonly time: number;
  readonly who: 'tester' | 'agent';
  readonly what: string;
}

/** How many octets of a payload are shown. */
const SHOWN = 64;
/** Entries that are kept: some cases have thousands. */
const MAX_ENTRIES = 200;

/** Collects what happens, the beginning of each payload only. */
export class WireLog {
  readonly entries: LogEntry[] = [];
  #left = 0;
  readonly #start: number = performance.now();

  get time(): number {
    return performance.now() - this.#start;
  }

  add(who: LogEntry['who'], what: string): void {
    if (this.entries.length < MAX_ENTRIES) this.entries.push({ time: Math.round(this.time), who, what });
    else this.#left++;
  }

  addFrame(who: LogEntry['who'], { fin, rsv, opcode, payload, masked }: LoggedFrame): void {
    const flags = `${fin ? 'FIN ' : ''}${rsv === 0 ? '' : `RSV ${rsv} `}${masked ? 'masked ' : ''}`;
    this.add(
      who,
      `${flags}${nameOf(opcode)}, ${payload.length === 1 ? '1 byte' : `${payload.length} bytes`}: ${shown(payload)}`,
    );
  }

  /** All entries, and how many were left out. */
  finish(): LogEntry[] {
    if (this.#left === 0) return this.entries;
    const time = Math.round(this.time);
    return [...this.entries, { time, who: 'tester', what: `… and ${this.#left} more` }];
  }
}

export interface LoggedFrame {
  readonly fin: boolean;
  readonly rsv: number;
  readonly opcode: number;
  readonly masked: boolean;
  readonly payload: Uint8Array;
}

const NAMES: Readonly<Record<number, string>> = {
  0: 'continuation',
  1: 'text',
  2: 'binary',
  8: 'Close',
  9: 'ping',
  10: 'pong',
};

function nameOf(opcode: number): string {
  return NAMES[opcode] ?? `opcode ${opcode}`;
}

function shown(payload: Uint8Array): string {
  const octets = Buffer.from(payload.subarray(0, SHOWN)).toString('hex');
  return payload.length > SHOWN ? `${octets}…` : octets;
}
