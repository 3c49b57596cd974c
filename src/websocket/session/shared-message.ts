import { encodeFrame, type Payload } from '../wire/frame-encoder.ts';
import { Opcode } from '../wire/opcode.ts';
import { lengthOf } from './message-data.ts';

/** A message that goes to many peers: its frame is made once, and all of them are sent the same bytes. */
export class SharedMessage {
  readonly payload: Payload;
  readonly binary: boolean;
  /** Whether it is compressed for those that can take it so: each has a window of its own. */
  readonly compress: boolean;
  /** Bytes of the payload. */
  readonly length: number;
  #frame: Buffer | null = null;

  constructor(payload: Payload, binary: boolean, compress: boolean) {
    this.payload = payload;
    this.binary = binary;
    this.compress = compress;
    this.length = lengthOf(payload);
  }

  /** A server's frame, in memory of its own: what the application gave may change afterwards. */
  get frame(): Buffer {
    this.#frame ??= encodeFrame(this.binary ? Opcode.BINARY : Opcode.TEXT, this.payload);
    return this.#frame;
  }
}
