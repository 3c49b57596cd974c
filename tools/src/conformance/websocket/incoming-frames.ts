import { type ParsedFrame, parseFrame } from './frames.ts';

/** The octets that a frame, or a message in fragments, may have. The longest that a case expects has 16 MiB. */
export const MAX_LENGTH: number = 64 * 1024 * 1024;

/** Splits what an agent sends into frames. */
export class IncomingFrames {
  readonly #onFrame: (frame: ParsedFrame, isMinimal: boolean) => void;
  readonly #onOverflow: (violation: string) => void;
  #chunks: Buffer[] = [];
  /** The octets in `#chunks`. */
  #received = 0;
  /** The octets that must be there before the next frame can be complete. */
  #needed = 2;
  /** Whether the agent has sent more than the tester keeps. Nothing is read after that. */
  #isStopped = false;

  constructor(onFrame: (frame: ParsedFrame, isMinimal: boolean) => void, onOverflow: (violation: string) => void) {
    this.#onFrame = onFrame;
    this.#onOverflow = onOverflow;
  }

  /** The octets of an incomplete frame. */
  get incomplete(): number {
    return this.#received;
  }

  /** Stops reading: the tester must not run out of memory because of an agent. */
  stop(): void {
    this.#isStopped = true;
    this.#chunks = [];
  }

  push(chunk: Buffer): void {
    if (this.#isStopped) return;
    this.#chunks.push(chunk);
    this.#received += chunk.length;
    // Concatenating at each chunk would take quadratic time for a long message.
    while (this.#received >= this.#needed && this.#received > 0) {
      const bytes = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks);
      const parsed = parseFrame(bytes);
      if (parsed === null) {
        this.#chunks = [bytes];
        this.#needed = Math.max(neededLength(bytes), this.#received + 1);
        if (this.#needed <= MAX_LENGTH) return;
        return this.#onOverflow(`a frame of at least ${this.#needed} bytes; expected at most ${MAX_LENGTH}`);
      }
      this.#chunks = parsed.rest.length === 0 ? [] : [parsed.rest];
      this.#received = parsed.rest.length;
      this.#needed = 2;
      this.#onFrame(parsed.frame, isMinimal(bytes, parsed.frame.payload.length));
      if (this.#isStopped) return;
    }
  }
}

/** The length of the frame that starts here, or of as much of its header as determines it. */
function neededLength(bytes: Buffer): number {
  if (bytes.length < 2) return 2;
  const field = bytes[1]! & 0x7f;
  const mask = bytes[1]! & 0x80 ? 4 : 0;
  if (field < 126) return 2 + mask + field;
  if (field === 126) return bytes.length < 4 ? 4 : 4 + mask + bytes.readUInt16BE(2);
  return bytes.length < 10 ? 10 : 10 + mask + Number(bytes.readBigUInt64BE(2));
}

/** RFC 6455 §5.2: "the minimal number of bytes MUST be used to encode the length". */
function isMinimal(bytes: Buffer, length: number): boolean {
  const field = bytes[1]! & 0x7f;
  return field < 126 || (field === 126 ? length > 125 : length > 0xffff);
}
