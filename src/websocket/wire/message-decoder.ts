import { CloseCode, isSendableCloseCode } from './close-code.ts';
import { MAX_CONTROL_PAYLOAD } from './frame.ts';
import { FrameDecoder, type FrameSink } from './frame-decoder.ts';
import { isControl, Opcode } from './opcode.ts';
import { Utf8Validator } from './utf8.ts';
import { Violation } from './violation.ts';

/** What a decoder of messages tells. The calls are synchronous, in the order of what came. */
export interface MessageSink {
  /** A whole message, in `chunk[start, end)`. The bytes are the listener's from then on. */
  onMessage(opcode: typeof Opcode.TEXT | typeof Opcode.BINARY, chunk: Uint8Array, start: number, end: number): void;
  /** A whole message as it was compressed, RFC 7692 §6.2; otherwise as `onMessage`. */
  onCompressedMessage(
    opcode: typeof Opcode.TEXT | typeof Opcode.BINARY,
    chunk: Uint8Array,
    start: number,
    end: number,
  ): void;
  /** The bytes are valid during the call only. `onPong` alike. */
  onPing(chunk: Uint8Array, start: number, end: number): void;
  onPong(chunk: Uint8Array, start: number, end: number): void;
  /** A Close frame; 1005 stands for one without a close code (§7.1.5). The decoder is halted. */
  onCloseFrame(code: number, reason: string): void;
  /** The peer broke the protocol; for a limit, `limit` and `actual` tell by how much. The decoder is halted. */
  onViolation(violation: Violation, limit?: number, actual?: number): void;
}

export interface MessageDecoderOptions {
  /** Bytes in one message. */
  readonly maxPayload: number;
  /** Fragments in one message. */
  readonly maxFragments: number;
  /** Chunks of one message that are held until it is whole. */
  readonly maxBufferedChunks: number;
  readonly skipUTF8Validation: boolean;
}

/**
 * Frames to messages: fragmentation (RFC 6455 §5.4), control frames (§5.5), UTF-8 (§8.1), limits (§10.4).
 *
 * There are thousands of them, and most connections are idle: what a message in one piece does not need is made when one
 * in pieces comes.
 */
export class MessageDecoder implements FrameSink {
  readonly #sink: MessageSink;
  readonly #frames: FrameDecoder;
  readonly #options: MessageDecoderOptions;
  #utf8: Utf8Validator | null = null;

  // The frame in progress.
  #fin = false;
  #frameOpcode: Opcode = Opcode.CONTINUATION;

  // The message in progress; the opcode of its first frame, CONTINUATION while there is none.
  #opcode: Opcode = Opcode.CONTINUATION;
  #compressed = false;
  #length = 0;
  #fragmentCount = 0;
  /** What has come of it, uncopied: it is put together once, when it is whole. */
  #pieces: Uint8Array[] | null = null;
  #bufferedBytes = 0;
  #progress = 0;

  /** A control frame's payload that came in pieces. */
  #control: Uint8Array | null = null;
  #controlBytes = 0;

  /**
   * @param expectMask       whether the frames must be masked: true in a server, false in a client
   * @param allowCompression whether messages may be compressed (RFC 7692): they are, if RSV1 is set on their first frame
   */
  constructor(sink: MessageSink, expectMask: boolean, allowCompression: boolean, options: MessageDecoderOptions) {
    this.#sink = sink;
    this.#options = options;
    this.#frames = new FrameDecoder(this, expectMask, allowCompression);
  }

  /** While a message has begun and is not whole, a number that grows whenever something comes of it; else -1. */
  get messageProgress(): number {
    return this.#opcode === Opcode.CONTINUATION ? -1 : this.#progress;
  }

  /** Bytes of the message in progress. */
  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  /** As `FrameDecoder.decode`: the chunk belongs to the decoder from then on. */
  decode(chunk: Uint8Array, start: number): number {
    return this.#frames.decode(chunk, start);
  }

  halt(): void {
    this.#frames.halt();
  }

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
    if (this.#fragmentCount > maxFragments) {
      return this.#fail(Violation.TOO_MANY_FRAGMENTS, maxFragments, this.#fragmentCount);
    }
    this.#length += length;
    // Known before the payload comes, so no memory is spent on a message that will not be taken.
    const limit = this.#compressed ? maxPayload + compressionOverhead(maxPayload) : maxPayload;
    if (this.#length > limit) this.#fail(Violation.MESSAGE_TOO_LONG, maxPayload, this.#length);
  }

  onFramePayload(chunk: Uint8Array, start: number, end: number, last: boolean): void {
    if (isControl(this.#frameOpcode)) this.#takeControl(chunk, start, end, last);
    else this.#takeData(chunk, start, end, last);
  }

  onFrameViolation(violation: Violation): void {
    this.#fail(violation);
  }

  #takeData(chunk: Uint8Array, start: number, end: number, last: boolean): void {
    const opcode = this.#opcode as typeof Opcode.TEXT | typeof Opcode.BINARY;
    const whole = last && this.#fin;
    this.#progress++;
    // §8.1, and as soon as it shows: what is invalid in the middle of a fragment fails before the fragment's end.
    if (opcode === Opcode.TEXT && !this.#compressed && !this.#options.skipUTF8Validation) {
      this.#utf8 ??= new Utf8Validator();
      if (!this.#utf8.accept(chunk, start, end) || (whole && !this.#utf8.complete)) {
        return this.#fail(Violation.INVALID_UTF8);
      }
    }
    if (!whole) return this.#keep(chunk, start, end);

    const pieces = this.#pieces;
    const length = this.#length;
    this.#opcode = Opcode.CONTINUATION;
    this.#length = 0;
    this.#fragmentCount = 0;
    if (pieces === null) {
      this.#deliver(opcode, chunk, start, end);
    } else {
      this.#pieces = null;
      this.#bufferedBytes = 0;
      pieces.push(chunk.subarray(start, end));
      this.#deliver(opcode, Buffer.concat(pieces, length), 0, length);
    }
  }

  #deliver(opcode: typeof Opcode.TEXT | typeof Opcode.BINARY, chunk: Uint8Array, start: number, end: number): void {
    if (this.#compressed) this.#sink.onCompressedMessage(opcode, chunk, start, end);
    else this.#sink.onMessage(opcode, chunk, start, end);
  }

  #keep(chunk: Uint8Array, start: number, end: number): void {
    if (start === end) return;
    this.#pieces ??= [];
    this.#pieces.push(chunk.subarray(start, end));
    this.#bufferedBytes += end - start;
    const { maxBufferedChunks } = this.#options;
    if (this.#pieces.length > maxBufferedChunks) {
      this.#fail(Violation.TOO_MANY_CHUNKS, maxBufferedChunks, this.#pieces.length);
    }
  }

  #takeControl(chunk: Uint8Array, start: number, end: number, last: boolean): void {
    if (last && this.#controlBytes === 0) return this.#dispatchControl(chunk, start, end);
    this.#control ??= new Uint8Array(MAX_CONTROL_PAYLOAD);
    this.#control.set(chunk.subarray(start, end), this.#controlBytes);
    this.#controlBytes += end - start;
    if (!last) return;
    const length = this.#controlBytes;
    this.#controlBytes = 0;
    this.#dispatchControl(this.#control, 0, length);
  }

  #dispatchControl(chunk: Uint8Array, start: number, end: number): void {
    switch (this.#frameOpcode) {
      case Opcode.PING:
        return this.#sink.onPing(chunk, start, end);
      case Opcode.PONG:
        return this.#sink.onPong(chunk, start, end);
      default:
        return this.#takeClose(chunk, start, end);
    }
  }

  /** §5.5.1: nothing, or a close code of two bytes and a reason in UTF-8. */
  #takeClose(chunk: Uint8Array, start: number, end: number): void {
    this.#frames.halt();
    if (start === end) return this.#sink.onCloseFrame(CloseCode.NO_STATUS_RECEIVED, '');
    if (end - start === 1) return this.#fail(Violation.CLOSE_PAYLOAD_TOO_SHORT);
    const code = chunk[start]! * 0x100 + chunk[start + 1]!;
    if (!isSendableCloseCode(code)) return this.#fail(Violation.INVALID_CLOSE_CODE);
    const reason = new Utf8Validator();
    if (!reason.accept(chunk, start + 2, end) || !reason.complete) return this.#fail(Violation.INVALID_UTF8_REASON);
    this.#sink.onCloseFrame(code, Buffer.from(chunk.buffer, chunk.byteOffset + start + 2, end - start - 2).toString());
  }

  /** Forgets the message in progress. */
  reset(): void {
    this.#pieces = null;
    this.#bufferedBytes = 0;
    this.#opcode = Opcode.CONTINUATION;
  }

  #fail(violation: Violation, limit?: number, actual?: number): void {
    this.#frames.halt();
    this.reset();
    this.#sink.onViolation(violation, limit, actual);
  }
}

/** What DEFLATE may add to data that it can't compress: five bytes for each stored block of 16 KiB, and some at the end. */
function compressionOverhead(length: number): number {
  return Math.ceil(length / 1024) + 64;
}
