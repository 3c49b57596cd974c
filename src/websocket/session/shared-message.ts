import { encodeFrame, type Payload } from '../wire/frame-encoder.ts';
import { Opcode } from '../wire/opcode.ts';
import { byteLengthOf } from './message-data.ts';

/** A message of a broadcast. It is encoded once, and all peers are sent the same bytes. */
export class SharedMessage {
  readonly binary: boolean;
  /** Whether to compress it for the connections that use permessage-deflate: each has its own window. */
  readonly compress: boolean;
  readonly payloadBytes: number;
  /** The unmasked frame of a server. It is a copy, so the application may change its data after the call. */
  readonly frame: Buffer;

  constructor(payload: Payload, binary: boolean, compress: boolean) {
    this.binary = binary;
    this.compress = compress;
    this.payloadBytes = byteLengthOf(payload);
    this.frame = encodeFrame(binary ? Opcode.BINARY : Opcode.TEXT, payload);
  }

  /** The payload: the same bytes, without the header. */
  get payload(): Buffer {
    return this.frame.subarray(this.frame.length - this.payloadBytes);
  }
}
