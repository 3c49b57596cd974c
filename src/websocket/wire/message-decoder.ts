import { ALLOCATION_PRICE } from '../../shared/memory-price.ts';
import { CloseCode, isSendableCloseCode } from './close-code.ts';
import { MAX_CONTROL_PAYLOAD, type Role } from './frame.ts';
import { FrameDecoder, type FrameSink } from './frame-decoder.ts';
import { HeldBytes } from './held-bytes.ts';
import { type DataOpcode, isControl, Opcode } from './opcode.ts';
import { Utf8Validator } from './utf8.ts';
import { Violation } from './violation.ts';

/** Receives what a message decoder reports. The calls are synchronous, in the order of the input. */
export interface MessageSink {
  /** A whole message in `chunk[start, end)`. The bytes belong to the sink from then on. */
  onMessage(opcode: DataOpcode, chunk: Uint8Array, start: number, end: number): void;
  /** A whole message that is still compressed (RFC 7692 §6.2). Otherwise as `onMessage`. */
  onCompressedMessage(opcode: DataOpcode, chunk: Uint8Array, start: number, end: number): void;
  /** A ping (§5.5.2). The bytes are valid during the call only. */
  onPing(chunk: Uint8Array, start: number, end: number): void;
  /** A pong (§5.5.3). The bytes are valid during the call only. */
  onPong(chunk: Uint8Array, start: number, end: number): void;
  /** A Close frame; the code is 1005 if the frame has none (§7.1.5). The decoder is halted. */
  onCloseFrame(code: number, reason: string): void;
  /** The peer violated the protocol, or exceeded a limit: then `limit` and `actual` are given. The decoder is halted. */
  onViolation(violation: Violation, limit?: number, actual?: number): void;
}

/** Options of a message decoder. All of them are required: it has no defaults. A limit may be Infinity. */
export interface MessageDecoderOptions {
  /** The maximum number of bytes in a message, after decompression. */
  readonly maxPayload: number;
  /** The maximum number of fragments in a message. */
  readonly maxFragments: number;
  /** The maximum number of chunks in which a message may arrive, before the one that completes it. */
  readonly maxBufferedChunks: number;
  /** Whether to deliver text without checking that it is UTF-8 (§8.1). */
  readonly skipUTF8Validation: boolean;
}

/**
 * Frames to messages: fragmentation (RFC 6455 §5.4), control frames (§5.5), UTF-8 (§8.1), limits (§10.4).
 *
 * A server has thousands of decoders, and most of them are idle. So the objects that only a message in several pieces needs
 * are not created before such a message arrives.
 */
export class MessageDecoder implements FrameSink {
  readonly #sink: MessageSink;
  readonly #frames: FrameDecoder;
  readonly #options: MessageDecoderOptions;
  #utf8: Utf8Validator | null = null;

  // The frame in progress.
  #fin = false;
  #frameOpcode: Opcode = Opcode.CONTINUATION;

  // The message in progress: the opcode of its first frame, or CONTINUATION if there is no message in progress.
  #opcode: Opcode = Opcode.CONTINUATION;
  #compressed = false;
  #payloadBytes = 0;
  #fragmentCount = 0;
  /** The part of the message that has arrived. */
  #held: HeldBytes | null = null;
  #chunkCount = 0;
  #progress = 0;

  /** The payload of a control frame that arrives in pieces. */
  #control: Uint8Array | null = null;
  #controlBytes = 0;

  /**
   * @param role             the role of the endpoint that decodes
   * @param allowCompression whether messages may be compressed: RSV1 is set on their first frame (RFC 7692 §6)
   */
  constructor(sink: MessageSink, role: Role, options: MessageDecoderOptions, allowCompression: boolean) {
    this.#sink = sink;
    this.#options = options;
    this.#frames = new FrameDecoder(this, role, allowCompression);
  }

  /** While a message is incomplete, a number that grows with each of its pieces; otherwise -1. */
  get messageProgress(): number {
    return this.#opcode === Opcode.CONTINUATION ? -1 : this.#progress;
  }

  /** The memory in bytes that the message in progress takes, and a control frame in progress. */
  get bufferedBytes(): number {
    return (this.#held?.cost ?? 0) + (this.#control === null ? 0 : MAX_CONTROL_PAYLOAD + ALLOCATION_PRICE);
  }

  /** As `FrameDecoder.decode()`. */
  decode(chunk: Uint8Array, start: number): number {
    return this.#frames.decode(chunk, start);
  }

  /** As `FrameDecoder.halt()`. */
  halt(): void {
    this.#frames.halt();
  }

  /** As `FrameDecoder.proceed()`. */
  proceed(): void {
    this.#frames.proceed();
  }

  onFrameHeader(fin: boolean, rsv1: boolean, opcode: Opcode, length: number): void {
    this.#fin = fin;
    this.#frameOpcode = opcode;
    if (isControl(opcode)) return;

    if (opcode !== Opcode.CONTINUATION) {
      if (this.#opcode !== Opcode.CONTINUATION) return this.#fail(Violation.EXPECTED_CONTINUATION);
      this.#opcode = opcode;
      this.#compressed = rsv1;
    } else if (this.#opcode === Opcode.CONTINUATION) {
      return this.#fail(Violation.UNEXPECTED_CONTINUATION);
    }
    const { maxFragments, maxPayload } = this.#options;
    this.#fragmentCount++;
    this.#payloadBytes += length;
    // Checked before the payload arrives, so that a message that is too long takes no memory.
    if (this.#fragmentCount > maxFragments || this.#payloadBytes > maxPayload) this.#checkLimits();
  }

  #checkLimits(): void {
    const { maxFragments, maxPayload } = this.#options;
    if (this.#fragmentCount > maxFragments) {
      return this.#fail(Violation.TOO_MANY_FRAGMENTS, maxFragments, this.#fragmentCount);
    }
    const limit = this.#compressed ? maxPayload + compressionOverhead(maxPayload) : maxPayload;
    if (this.#payloadBytes > limit) this.#fail(Violation.MESSAGE_TOO_LONG, maxPayload, this.#payloadBytes);
  }

  onFramePayload(chunk: Uint8Array, start: number, end: number, last: boolean): void {
    if (isControl(this.#frameOpcode)) this.#receiveControl(chunk, start, end, last);
    else this.#receiveData(chunk, start, end, last);
  }

  onFrameViolation(violation: Violation): void {
    this.#fail(violation);
  }

  #receiveData(chunk: Uint8Array, start: number, end: number, last: boolean): void {
    const opcode = this.#opcode as DataOpcode;
    const whole = last && this.#fin;
    this.#progress++;
    // §8.1: invalid UTF-8 fails the connection as soon as it is found, before the end of the fragment.
    if (opcode === Opcode.TEXT && !this.#isValidText(chunk, start, end, whole)) {
      return this.#fail(Violation.INVALID_UTF8);
    }
    if (!whole) return this.#buffer(chunk, start, end);

    const payloadBytes = this.#payloadBytes;
    this.#opcode = Opcode.CONTINUATION;
    this.#payloadBytes = 0;
    this.#fragmentCount = 0;
    if (this.#held === null) this.#deliver(opcode, chunk, start, end);
    else this.#deliver(opcode, this.#join(chunk, start, end), 0, payloadBytes);
  }

  #isValidText(chunk: Uint8Array, start: number, end: number, whole: boolean): boolean {
    if (this.#compressed || this.#options.skipUTF8Validation) return true;
    this.#utf8 ??= new Utf8Validator();
    return this.#utf8.accept(chunk, start, end) && (!whole || this.#utf8.complete);
  }

  /** Joins the last piece of a message and what has arrived before. */
  #join(chunk: Uint8Array, start: number, end: number): Uint8Array {
    const held = this.#held!;
    this.#held = null;
    this.#chunkCount = 0;
    return held.join(chunk, start, end);
  }

  #deliver(opcode: DataOpcode, chunk: Uint8Array, start: number, end: number): void {
    if (this.#compressed) this.#sink.onCompressedMessage(opcode, chunk, start, end);
    else this.#sink.onMessage(opcode, chunk, start, end);
  }

  #buffer(chunk: Uint8Array, start: number, end: number): void {
    if (start === end) return;
    this.#held ??= new HeldBytes();
    // The length of the message is known with its last fragment only.
    const expected = this.#fin ? this.#payloadBytes - this.#held.length - (end - start) : Number.POSITIVE_INFINITY;
    this.#held.add(chunk, start, end, expected);
    this.#chunkCount++;
    const { maxBufferedChunks } = this.#options;
    if (this.#chunkCount > maxBufferedChunks) {
      this.#fail(Violation.TOO_MANY_CHUNKS, maxBufferedChunks, this.#chunkCount);
    }
  }

  #receiveControl(chunk: Uint8Array, start: number, end: number, last: boolean): void {
    if (last && this.#control === null) return this.#dispatchControl(chunk, start, end);
    const control = this.#control ?? new Uint8Array(MAX_CONTROL_PAYLOAD);
    control.set(chunk.subarray(start, end), this.#controlBytes);
    this.#controlBytes += end - start;
    this.#control = last ? null : control;
    if (!last) return;
    const length = this.#controlBytes;
    this.#controlBytes = 0;
    this.#dispatchControl(control, 0, length);
  }

  #dispatchControl(chunk: Uint8Array, start: number, end: number): void {
    switch (this.#frameOpcode) {
      case Opcode.PING:
        return this.#sink.onPing(chunk, start, end);
      case Opcode.PONG:
        return this.#sink.onPong(chunk, start, end);
      default:
        return this.#receiveClose(chunk, start, end);
    }
  }

  /** §5.5.1: the payload is empty, or a close code of two bytes and a reason in UTF-8. */
  #receiveClose(chunk: Uint8Array, start: number, end: number): void {
    this.#frames.halt();
    if (start === end) return this.#sink.onCloseFrame(CloseCode.NO_STATUS_RECEIVED, '');
    if (end - start === 1) return this.#fail(Violation.CLOSE_PAYLOAD_TOO_SHORT);
    const code = chunk[start]! * 0x100 + chunk[start + 1]!;
    if (!isSendableCloseCode(code)) return this.#fail(Violation.INVALID_CLOSE_CODE);
    if (!this.#options.skipUTF8Validation) {
      const reason = new Utf8Validator();
      if (!reason.accept(chunk, start + 2, end) || !reason.complete) return this.#fail(Violation.INVALID_UTF8_REASON);
    }
    this.#sink.onCloseFrame(code, Buffer.from(chunk.buffer, chunk.byteOffset + start + 2, end - start - 2).toString());
  }

  /** Discards the message in progress. */
  reset(): void {
    this.#held = null;
    this.#chunkCount = 0;
    this.#opcode = Opcode.CONTINUATION;
  }

  #fail(violation: Violation, limit?: number, actual?: number): void {
    this.#frames.halt();
    this.reset();
    this.#sink.onViolation(violation, limit, actual);
  }
}

/** How many bytes DEFLATE may add to data that it cannot compress: five for each stored block of 16 KiB, a few at the end. */
function compressionOverhead(bytes: number): number {
  return Math.ceil(bytes / 1024) + 64;
}
