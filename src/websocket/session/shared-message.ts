import { encodeFrame, type Payload } from '../wire/frame-encoder.ts';
import { Opcode } from '../wire/opcode.ts';
import { byteLengthOf } from './message-data.ts';

/** A message of a broadcast. It is encoded once, and all peers are sent the same bytes. */
export class SharedMessage {
  readonly payload: Payload;
  readonly binary: boolean;
  /** Whether to compress it for the connections that use permessage-deflate: each has its own window. */
  readonly compress: boolean;
  readonly payloadBytes: number;
  #frame: Buffer | null = null;

  constructor(payload: Payload, binary: boolean, compress: boolean) {
    this.payload = payload;
    this.binary = binary;
    this.compress = compress;
    this.payloadBytes = byteLengthOf(payload);
  }

  /** The unmasked frame of a server. It is a copy, so the application may change its data afterwards. */
  get frame(): Buffer {
    this.#frame ??= encodeFrame(this.binary ? Opcode.BINARY : Opcode.TEXT, this.payload);
    return this.#frame;
  }
}
