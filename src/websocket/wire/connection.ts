import { isUtf8 } from 'node:buffer';
import { CloseCode } from './close-code.ts';
import { type BytesSink, FrameEncoder, type GenerateMask, type Payload, pendingBytes } from './frame-encoder.ts';
import { MessageDecoder, type MessageDecoderOptions, type MessageSink } from './message-decoder.ts';
import { Opcode } from './opcode.ts';
import type { Inflated, Inflater } from './permessage-deflate.ts';
import { Violation } from './violation.ts';

/**
 * Who has closed so far. This is the whole of it, drawn from the table below (a test compares the two):
 *
 *     open            close          closing-local     we sent a Close frame
 *     open            receive close  closing-remote    the peer sent one, ours is not sent yet
 *     open            fail           closed
 *     open            end            closed            the transport ended without a Close frame
 *     closing-local   receive close  closed            the closing handshake is complete
 *     closing-local   fail           closed
 *     closing-local   end            closed
 *     closing-remote  close          closed            the closing handshake is complete
 *     closing-remote  end            closed
 *
 * Nothing leads out of `closed`: what comes then is discarded, and nothing is sent (RFC 6455 §5.5.1, §7.1.7).
 */
export const TRANSITIONS = {
  open: { close: 'closing-local', 'receive close': 'closing-remote', fail: 'closed', end: 'closed' },
  'closing-local': { 'receive close': 'closed', fail: 'closed', end: 'closed' },
  'closing-remote': { close: 'closed', end: 'closed' },
  closed: {},
} as const;

export type Phase = keyof typeof TRANSITIONS;

/** What a connection tells. All calls are synchronous, and may call the connection back, but must not throw. */
export interface ConnectionSink extends BytesSink {
  /** A whole message in `chunk[start, end)`; the bytes are the listener's from then on. */
  onMessage(opcode: typeof Opcode.TEXT | typeof Opcode.BINARY, chunk: Uint8Array, start: number, end: number): void;
  /** A ping, already answered if `autoPong` is on. The bytes are valid during the call only. `onPong` alike. */
  onPing(chunk: Uint8Array, start: number, end: number): void;
  onPong(chunk: Uint8Array, start: number, end: number): void;
  /** The peer's Close frame; 1005 stands for one without a close code. The answer follows the call. */
  onCloseFrame(code: number, reason: string): void;
  /** The peer broke the protocol or exceeded a limit. The Close frame that says so follows the call. */
  onFail(violation: Violation, limit?: number, actual?: number): void;
  /**
   * A compressed message that would take too long to inflate here: give the result to `inflated()`. Until then, nothing
   * more is decoded.
   */
  onInflate(compressed: Uint8Array): void;
  /** Half-close the transport when what was sent is through. */
  onEnd(): void;
}

export interface ConnectionOptions extends MessageDecoderOptions {
  /** Whether pings are answered (§5.5.2). */
  readonly autoPong: boolean;
}

/**
 * Bytes of a compressed message, and bytes that come of it, up to which it is inflated at once: that takes a fraction of
 * a millisecond. Past either, zlib's threads do it.
 */
const MAX_INFLATE_INPUT = 16 * 1024;
const MAX_INFLATE_OUTPUT = 64 * 1024;

/**
 * An open WebSocket connection without its transport: bytes go in by `receive()`, bytes come out by the sink. It has no
 * clock: whoever runs it arms a timer as long as `closeExpected` is true, and calls `flush()` when a turn's work is done.
 */
export class Connection implements MessageSink {
  readonly #sink: ConnectionSink;
  readonly #encoder: FrameEncoder;
  #phase: Phase = 'open';

  readonly #isServer: boolean;
  readonly #autoPong: boolean;
  readonly #maxPayload: number;
  readonly #skipUTF8Validation: boolean;
  readonly #inflater: Inflater | null;
  readonly #decoder: MessageDecoder;

  #transportEnded = false;
  #endSent = false;
  #receiving = false;
  #paused = false;
  /** What came and was not decoded, because of `pause()`. */
  #held: Uint8Array[] = [];
  /** The opcode of the compressed message whose payload is awaited; CONTINUATION for none. */
  #inflating: Opcode = Opcode.CONTINUATION;
  #inflatingBytes = 0;
  #congested = false;
  /** The payload of the latest ping that could not be answered yet. */
  #pendingPong: Uint8Array | null = null;

  /**
   * @param generateMask in a client, which masks every frame (§5.3); null in a server
   * @param inflater     for compressed messages, if permessage-deflate was agreed on (RFC 7692)
   */
  constructor(
    sink: ConnectionSink,
    generateMask: GenerateMask | null,
    options: ConnectionOptions,
    inflater: Inflater | null = null,
  ) {
    this.#sink = sink;
    this.#isServer = generateMask === null;
    this.#autoPong = options.autoPong;
    this.#maxPayload = options.maxPayload;
    this.#skipUTF8Validation = options.skipUTF8Validation;
    this.#inflater = inflater;
    this.#decoder = new MessageDecoder(this, this.#isServer, inflater !== null, options);
    this.#encoder = new FrameEncoder(sink, generateMask);
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** Whether the transport should end soon, so that a timer is due that ends it by force. */
  get closeExpected(): boolean {
    return this.#phase !== 'open' && !this.#transportEnded;
  }

  /** Bytes that wait for `flush()`. */
  get pendingBytes(): number {
    return pendingBytes(this.#encoder);
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** While a message has begun and is not whole, a number that grows whenever something comes of it; else -1. */
  get messageProgress(): number {
    return this.#decoder.messageProgress;
  }

  /** Bytes that were received and not delivered: of a message that is not whole, held back, or being inflated. */
  get undeliveredBytes(): number {
    let length = this.#decoder.bufferedBytes + this.#inflatingBytes;
    for (const chunk of this.#held) length += chunk.length;
    return length;
  }

  /** Whether the result of `onInflate` is awaited. */
  get inflating(): boolean {
    return this.#inflating !== Opcode.CONTINUATION;
  }

  // What comes from the transport.

  /** Takes bytes; the chunk belongs to the connection from then on. */
  receive(chunk: Uint8Array): void {
    if (this.#phase === 'closed') return;
    if (this.#receiving || this.#held.length > 0 || this.#paused || this.inflating) {
      this.#held.push(chunk);
    } else {
      this.#decode(chunk);
      this.#deliverHeld();
    }
  }

  /** The transport ended: the peer will send nothing more. While paused, what was held back waits for `resume()`. */
  receiveEnd(): void {
    this.#transportEnded = true;
    if (this.#held.length > 0 || this.inflating) return;
    this.#move('end');
    this.#end();
  }

  /**
   * The transport is gone, in both directions. What was held back is delivered now, paused or not; while `inflating`, it
   * must be called again after `inflated()`.
   */
  receiveClose(): void {
    while (this.#held.length > 0 && !this.inflating) {
      this.#paused = false;
      this.#decode(this.#held.shift()!);
    }
    this.receiveEnd();
  }

  /** Ends the connection here and now: nothing more is taken, delivered or sent. */
  abort(): void {
    this.#move('end');
    this.#decoder.halt();
    this.#decoder.reset();
    this.#held = [];
  }

  /** Fails the connection for a reason that is found outside, such as a timeout; as for the peer's violations. */
  fail(violation: Violation, limit?: number, actual?: number): void {
    this.onViolation(violation, limit, actual);
  }

  /** Stops the delivery at once, also between two frames of one chunk. */
  pause(): void {
    this.#paused = true;
    this.#decoder.halt();
  }

  /** Delivers what was held back, then goes on. */
  resume(): void {
    this.#paused = false;
    if (this.#receiving) return;
    this.#deliverHeld();
    if (this.#transportEnded) this.receiveEnd();
  }

  #deliverHeld(): void {
    while (this.#held.length > 0 && !this.#paused && !this.inflating) this.#decode(this.#held.shift()!);
  }

  #decode(chunk: Uint8Array): void {
    this.#receiving = true;
    let offset = 0;
    do {
      this.#decoder.proceed();
      offset = this.#decoder.decode(chunk, offset);
    } while (offset < chunk.length && !this.#paused && !this.inflating && this.#phase !== 'closed');
    this.#receiving = false;
    if (this.#phase === 'closed') this.#held = [];
    else if (offset < chunk.length) this.#held.unshift(chunk.subarray(offset));
  }

  // What the application sends.

  /**
   * Sends a message, or a fragment of one: §5.4 wants CONTINUATION for all but the first, `fin` false for all but the last.
   * Returns false, and sends nothing, once a Close frame was sent (§5.5.1) or the connection is over.
   *
   * @param compressed whether this begins a message that was compressed (RFC 7692 §6.1)
   */
  send(opcode: Opcode, payload: Payload, fin = true, compressed = false): boolean {
    if (this.#phase !== 'open' && this.#phase !== 'closing-remote') return false;
    this.#encoder.encode(fin, opcode, payload, compressed);
    return true;
  }

  /** As `send`, for a whole frame of a server that was encoded before: at once, behind what waits. The caller must not change it. */
  sendFrame(frame: Uint8Array): boolean {
    if (this.#phase !== 'open' && this.#phase !== 'closing-remote') return false;
    this.flush();
    this.#sink.onBytes(frame, 0, frame.length);
    return true;
  }

  /**
   * Starts the closing handshake (§7.1.2), or answers the peer's.
   *
   * @param code   a code that may be sent; 1005 for none
   * @param reason at most 123 bytes of UTF-8
   */
  close(code: number = CloseCode.NO_STATUS_RECEIVED, reason = ''): void {
    if (!this.#move('close')) return;
    this.#sendClose(code, reason);
    if (this.#phase === 'closed') this.#endAsServer();
  }

  /** Sends what has been collected. */
  flush(): void {
    if (this.pendingBytes > 0) this.#encoder.flush();
  }

  /**
   * Whether the transport takes no more for now. Meanwhile only the latest ping's pong is kept (§5.5.3: "it MAY elect to
   * send a Pong frame for only the most recently processed Ping frame"), so that a flood of pings takes no memory.
   */
  set congested(congested: boolean) {
    this.#congested = congested;
    const payload = this.#pendingPong;
    if (congested || payload === null) return;
    this.#pendingPong = null;
    this.#sendPong(payload);
  }

  // What the decoder tells.

  onMessage(opcode: typeof Opcode.TEXT | typeof Opcode.BINARY, chunk: Uint8Array, start: number, end: number): void {
    this.#sink.onMessage(opcode, chunk, start, end);
  }

  onCompressedMessage(
    opcode: typeof Opcode.TEXT | typeof Opcode.BINARY,
    chunk: Uint8Array,
    start: number,
    end: number,
  ): void {
    const compressed = chunk.subarray(start, end);
    if (compressed.length <= MAX_INFLATE_INPUT) {
      const result = this.#inflater!.inflate(compressed, Math.min(this.#maxPayload, MAX_INFLATE_OUTPUT));
      if (result !== Violation.MESSAGE_TOO_LONG || this.#maxPayload <= MAX_INFLATE_OUTPUT) {
        return this.#takeInflated(opcode, result);
      }
    }
    this.#inflating = opcode;
    this.#inflatingBytes = compressed.length;
    this.#decoder.halt();
    this.#sink.onInflate(compressed);
  }

  /** The result that `onInflate` has asked for. */
  inflated(result: Inflated): void {
    const opcode = this.#inflating as typeof Opcode.TEXT | typeof Opcode.BINARY;
    this.#inflating = Opcode.CONTINUATION;
    this.#inflatingBytes = 0;
    if (this.#phase === 'closed') return;
    this.#receiving = true;
    this.#takeInflated(opcode, result);
    this.#receiving = false;
    this.#deliverHeld();
    if (this.#transportEnded) this.receiveEnd();
  }

  #takeInflated(opcode: typeof Opcode.TEXT | typeof Opcode.BINARY, result: Inflated): void {
    if (result instanceof Uint8Array) {
      if (opcode === Opcode.TEXT && !this.#skipUTF8Validation && !isUtf8(result)) {
        this.onViolation(Violation.INVALID_UTF8);
      } else {
        this.#sink.onMessage(opcode, result, 0, result.length);
      }
    } else if (result === Violation.MESSAGE_TOO_LONG) {
      this.onViolation(result, this.#maxPayload, this.#maxPayload + 1);
    } else {
      this.onViolation(result);
    }
  }

  onPing(chunk: Uint8Array, start: number, end: number): void {
    if (this.#autoPong) {
      const payload = chunk.subarray(start, end);
      if (this.#congested) this.#pendingPong = payload.slice();
      else this.#sendPong(payload);
    }
    this.#sink.onPing(chunk, start, end);
  }

  onPong(chunk: Uint8Array, start: number, end: number): void {
    this.#sink.onPong(chunk, start, end);
  }

  onCloseFrame(code: number, reason: string): void {
    this.#move('receive close');
    this.#sink.onCloseFrame(code, reason);
    // §5.5.1: "If an endpoint receives a Close frame and did not previously send a Close frame, the endpoint MUST send a
    // Close frame in response. (When sending a Close frame in response, the endpoint typically echos the status code it
    // received.)" The application may have answered already, in the call above.
    if (this.#phase === 'closing-remote') this.close(code, reason);
    else this.#endAsServer();
  }

  onViolation(violation: Violation, limit?: number, actual?: number): void {
    const closeSent = this.#phase === 'closing-local';
    this.#decoder.halt();
    this.#decoder.reset();
    this.#held = [];
    if (!this.#move('fail')) return;
    this.#sink.onFail(violation, limit, actual);
    // §7.1.7: "the endpoint SHOULD send a Close frame with an appropriate status code before proceeding".
    if (!closeSent) this.#sendClose(violation.closeCode, '');
    this.#endAsServer();
  }

  #sendPong(payload: Uint8Array): void {
    // §5.5.2: a ping is answered "unless it already received a Close frame"; our own Close frame makes no difference.
    if (this.#phase !== 'closed') this.#encoder.encode(true, Opcode.PONG, payload);
  }

  #sendClose(code: number, reason: string): void {
    let payload: Payload = '';
    if (code !== CloseCode.NO_STATUS_RECEIVED) {
      payload = Buffer.allocUnsafe(2 + Buffer.byteLength(reason));
      payload[0] = code >>> 8;
      payload[1] = code;
      (payload as Buffer).write(reason, 2);
    }
    this.#encoder.encode(true, Opcode.CLOSE, payload);
  }

  /** Takes the transition, if the table has one. */
  #move(event: 'close' | 'receive close' | 'fail' | 'end'): boolean {
    const transitions: Partial<Record<typeof event, Phase>> = TRANSITIONS[this.#phase];
    const next = transitions[event];
    if (next === undefined) return false;
    this.#phase = next;
    return true;
  }

  /** §7.1.1: "the server [...] MUST close the TCP connection immediately"; a client waits for the server to do so. */
  #endAsServer(): void {
    if (this.#isServer) this.#end();
  }

  #end(): void {
    if (this.#endSent) return;
    this.#endSent = true;
    this.#encoder.flush();
    this.#sink.onEnd();
  }
}
