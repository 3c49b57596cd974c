import { opcodeName } from './websocket/protocol.ts';

/** What went over the wire during a case, counted. */
export interface TrafficRecord {
  readonly tester: SideTraffic;
  readonly agent: SideTraffic;
}

/** What one side has sent. */
export interface SideTraffic {
  /** The number of frames by their kind, such as `text`. */
  readonly frames: Readonly<Record<string, number>>;
  /** The bytes in the payloads of all frames. */
  readonly payloadBytes: number;
  /** The compressed messages. */
  readonly compressed?: CompressedTraffic;
}

/** Compressed messages, counted. */
export interface CompressedTraffic {
  readonly messages: number;
  /** Before compression. */
  readonly bytes: number;
  readonly compressedBytes: number;
}

/** Counts what one side sends. */
export class TrafficCounter {
  readonly #frames = new Map<number, number>();
  #payloadBytes = 0;
  readonly #compressed = { messages: 0, bytes: 0, compressedBytes: 0 };

  get isEmpty(): boolean {
    return this.#frames.size === 0;
  }

  addFrame(opcode: number, length: number): void {
    this.#frames.set(opcode, (this.#frames.get(opcode) ?? 0) + 1);
    this.#payloadBytes += length;
  }

  addCompressed(bytes: number, compressedBytes: number): void {
    this.#compressed.messages++;
    this.#compressed.bytes += bytes;
    this.#compressed.compressedBytes += compressedBytes;
  }

  record(): SideTraffic {
    const byOpcode = [...this.#frames].sort(([one], [other]) => one - other);
    const frames = Object.fromEntries(byOpcode.map(([opcode, count]) => [opcodeName(opcode), count]));
    const compressed = this.#compressed.messages === 0 ? {} : { compressed: this.#compressed };
    return { frames, payloadBytes: this.#payloadBytes, ...compressed };
  }
}
