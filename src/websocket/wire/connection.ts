import { isUtf8 } from 'node:buffer';
import { memoryCost, ownMemory } from '../../shared/memory-price.ts';
import { CloseCode, closePayload } from './close-code.ts';
import type { ConnectionInit, ConnectionOptions, ConnectionSink } from './connection-sink.ts';
import { MAX_CLOSE_REASON } from './frame.ts';
import { FrameEncoder, overheadOf, type Payload, pendingBytes } from './frame-encoder.ts';
import { HeldBytes } from './held-bytes.ts';
import { MessageDecoder, type MessageSink } from './message-decoder.ts';
import { type DataOpcode, Opcode } from './opcode.ts';
import type { PendingMessage } from './pending-message.ts';
import type { InflateResult, Inflater, JoinResult } from './permessage-deflate.ts';
import { nextPhase, type Phase, type PhaseEvent } from './phase.ts';
import { Condition, conditionOf, PAUSED, type PauseReason, receiveState } from './receive-gate.ts';
import { Violation } from './violation.ts';

/** One more bit beside those of `Condition`: input is being delivered. Input that arrives meanwhile is kept. */
const DELIVERING = 64;

/**
 * An open WebSocket connection without its transport (RFC 6455 §5 to §7). Pass received bytes to `receive()`; bytes to send
 * are passed to the sink. A connection has no clock: start a timer when `closeExpected` becomes true, and call `flush()` at
 * the end of each turn of the event loop.
 */
export class Connection {
  readonly #sink: ConnectionSink;
  readonly #options: ConnectionOptions;
  readonly #inflater: Inflater | null;
  readonly #isServer: boolean;
  readonly #encoder: FrameEncoder;
  readonly #decoder: MessageDecoder;

  #phase: Phase = 'open';
  /** The bits of `Condition`, and DELIVERING. In the common case it is 0, which takes one check for each chunk. */
  #conditions = 0;
  /** The rest of a chunk that is partly decoded. */
  #rest: Uint8Array | null = null;
  /** The input after `#rest`. */
  #kept: HeldBytes | null = null;
  #pendingMessage: PendingMessage | null = null;
  #transportEnded = false;
  #endSent = false;
  #congested = false;
  /** The payload of the latest ping that could not be answered yet. */
  #pendingPong: Uint8Array | null = null;

  /** The connection begins where the opening handshake ends. */
  constructor(init: ConnectionInit) {
    const { endpoint, sink, options, inflater = null } = init;
    const { role } = endpoint;
    this.#sink = sink;
    this.#options = options;
    this.#inflater = inflater;
    this.#isServer = role === 'server';
    this.#encoder = new FrameEncoder(sink, endpoint);
    this.#decoder = new MessageDecoder(new Connection.#DecoderSink(this), role, options, inflater !== null);
  }

  /** Who has sent a Close frame so far. */
  get phase(): Phase {
    return this.#phase;
  }

  /** Whether the transport is expected to end soon. If it does not, the caller must destroy it. */
  get closeExpected(): boolean {
    return this.#phase !== 'open' && !this.#transportEnded;
  }

  /** Whether the transport has closed, and everything that was received has been delivered. */
  get finished(): boolean {
    return this.#phase === 'closed' && (this.#conditions & Condition.TRANSPORT_CLOSED) !== 0;
  }

  /** Bytes that wait for `flush()`. */
  get pendingBytes(): number {
    return pendingBytes(this.#encoder);
  }

  /** Whether `pause()` is in effect, for any reason. */
  get paused(): boolean {
    return (this.#conditions & PAUSED) !== 0;
  }

  /** Whether the result of `onInflate` is outstanding. */
  get inflating(): boolean {
    return (this.#conditions & Condition.INFLATING) !== 0;
  }

  /** Whether the transport should be read now. If not, the peer has to wait. */
  get wantsInput(): boolean {
    return receiveState(this.#conditions).transport === 'read';
  }

  /** While a message is incomplete, a number that grows with each of its pieces; otherwise -1. */
  get messageProgress(): number {
    return this.#decoder.messageProgress;
  }

  /**
   * The memory in bytes of received data that is not delivered: an incomplete message, kept input, and a message that is being
   * inflated. Unused parts of buffers and a price for each object count.
   */
  get undeliveredBytes(): number {
    let bytes = this.#decoder.bufferedBytes;
    if (this.#rest !== null) bytes += memoryCost(this.#rest);
    if (this.#kept !== null) bytes += this.#kept.cost;
    if (this.#pendingMessage !== null) bytes += this.#pendingMessage.cost + this.#pendingMessage.inflationCost;
    return bytes;
  }

  // Receiving.

  /** Receives bytes. The chunk belongs to the connection from then on. */
  receive(chunk: Uint8Array): void {
    if (this.#conditions === 0) {
      this.#decode(chunk);
      this.#deliverKept();
    } else if (chunk.length > 0 && receiveState(this.#conditions).input !== 'discard') {
      this.#kept ??= new HeldBytes();
      this.#kept.add(chunk, 0, chunk.length);
      this.#deliverKept();
    }
  }

  /** The transport ended: the peer sends nothing more. Kept input is delivered first, after `resume()` or `inflated()`. */
  receiveEnd(): void {
    this.#transportEnded = true;
    this.#deliverKept();
  }

  /** The transport closed in both directions. Kept input is delivered now, even while paused, or after `inflated()`. */
  receiveClose(): void {
    this.#conditions |= Condition.TRANSPORT_CLOSED;
    this.receiveEnd();
  }

  /**
   * Sets the memory in bytes that the inflation for `onInflate` takes, beside the compressed message. Returns whether the
   * result is still needed.
   */
  inflationProgress(bytes: number): boolean {
    if (this.#pendingMessage !== null) this.#pendingMessage.inflationCost = bytes;
    return this.#phase !== 'closed';
  }

  /** Receives the result for `onInflate`, or a function that joins it when it can be delivered. */
  inflated(result: InflateResult | JoinResult): void {
    const { opcode, inflationCost } = this.#pendingMessage!;
    this.#conditions &= ~Condition.INFLATING;
    if (this.#phase === 'closed') {
      this.#pendingMessage = null;
      return;
    }
    const cost = result instanceof Uint8Array ? memoryCost(result) : 0;
    this.#pendingMessage = { opcode, cost, inflationCost: typeof result === 'function' ? inflationCost : 0, result };
    this.#deliverKept();
  }

  /** Stops the delivery at once, also between two frames of one chunk. */
  pause(reason: PauseReason = 'application'): void {
    this.#conditions |= conditionOf(reason);
    this.#decoder.halt();
  }

  /** Withdraws a reason to pause. When none is left, delivers what was kept and continues. */
  resume(reason: PauseReason = 'application'): void {
    this.#conditions &= ~conditionOf(reason);
    this.#deliverKept();
  }

  /** Ends the connection immediately: nothing more is received, delivered or sent. */
  abort(): void {
    this.#move('end');
    this.#decoder.halt();
    this.#decoder.reset();
  }

  /** Fails the connection (§7.1.7) for a reason that was detected outside of it, such as a timeout. */
  fail(violation: Violation, limit?: number, actual?: number): void {
    const closeSent = this.#phase === 'closing-local';
    this.#decoder.halt();
    this.#decoder.reset();
    if (!this.#move('fail')) return;
    // §7.1.7: "the endpoint SHOULD send a Close frame with an appropriate status code before proceeding".
    if (!closeSent) this.#encoder.encode(true, Opcode.CLOSE, closePayload(violation.closeCode));
    this.#sink.onFail(violation, limit, actual);
    this.#endUnlessServerDoes();
  }

  /** Delivers kept input as far as the state allows. Then ends the connection if the transport has ended. */
  #deliverKept(): void {
    if ((this.#conditions & DELIVERING) !== 0) return;
    while (this.#hasKept && receiveState(this.#conditions).input === 'decode') {
      if (this.#pendingMessage === null) this.#decode(this.#takeKept());
      else this.#deliverPendingMessage(this.#pendingMessage);
    }
    if (!this.#transportEnded || (this.#hasKept && receiveState(this.#conditions).end !== 'now')) return;
    this.#move('end');
    this.#end();
  }

  get #hasKept(): boolean {
    return this.#rest !== null || this.#kept !== null || this.#pendingMessage !== null;
  }

  #takeKept(): Uint8Array {
    const rest = this.#rest;
    if (rest !== null) {
      this.#rest = null;
      return rest;
    }
    const kept = this.#kept!;
    const piece = kept.shift()!;
    if (kept.length === 0) this.#kept = null;
    return piece;
  }

  #decode(chunk: Uint8Array): void {
    this.#conditions |= DELIVERING;
    let offset = 0;
    do {
      this.#decoder.proceed();
      offset = this.#decoder.decode(chunk, offset);
      // The decoder was halted. It continues if the reason no longer exists.
    } while (
      offset < chunk.length &&
      this.#pendingMessage === null &&
      receiveState(this.#conditions).input === 'decode'
    );
    this.#conditions &= ~DELIVERING;
    if (offset < chunk.length && this.#phase !== 'closed') this.#rest = ownMemory(chunk.subarray(offset));
  }

  #deliverPendingMessage({ opcode, result }: PendingMessage): void {
    this.#pendingMessage = null;
    this.#conditions |= DELIVERING;
    this.#deliverInflated(opcode, typeof result === 'function' ? result() : result!);
    this.#conditions &= ~DELIVERING;
  }

  #deliverInflated(opcode: DataOpcode, result: InflateResult): void {
    const { maxPayload, skipUTF8Validation } = this.#options;
    if (!(result instanceof Uint8Array)) {
      if (result === Violation.MESSAGE_TOO_LONG) this.fail(result, maxPayload, maxPayload + 1);
      else this.fail(result);
    } else if (opcode === Opcode.TEXT && !skipUTF8Validation && !isUtf8(result)) {
      this.fail(Violation.INVALID_UTF8);
    } else {
      this.#sink.onMessage(opcode, result, 0, result.length);
    }
  }

  /** Receives what the decoder reports. It is a separate object, so that its methods are not part of the connection's API. */
  static readonly #DecoderSink = class implements MessageSink {
    readonly #connection: Connection;

    constructor(connection: Connection) {
      this.#connection = connection;
    }

    onMessage(opcode: DataOpcode, chunk: Uint8Array, start: number, end: number): void {
      this.#connection.#sink.onMessage(opcode, chunk, start, end);
    }

    onCompressedMessage(opcode: DataOpcode, chunk: Uint8Array, start: number, end: number): void {
      const connection = this.#connection;
      const message = chunk.subarray(start, end);
      const result = connection.#inflater!.inflateIfQuick(message, connection.#options.maxPayload);
      if (result !== null) return connection.#deliverInflated(opcode, result);
      const compressed = ownMemory(message);
      connection.#pendingMessage = { opcode, cost: memoryCost(compressed), inflationCost: 0, result: null };
      connection.#conditions |= Condition.INFLATING;
      connection.#decoder.halt();
      connection.#sink.onInflate(compressed);
    }

    onPing(chunk: Uint8Array, start: number, end: number): void {
      const connection = this.#connection;
      if (connection.#options.autoPong) {
        const payload = chunk.subarray(start, end);
        if (connection.#congested) connection.#pendingPong = payload.slice();
        else connection.#sendPong(payload);
      }
      connection.#sink.onPing(chunk, start, end);
    }

    onPong(chunk: Uint8Array, start: number, end: number): void {
      this.#connection.#sink.onPong(chunk, start, end);
    }

    onCloseFrame(code: number, reason: string): void {
      const connection = this.#connection;
      connection.#move('receive close');
      connection.#sink.onCloseFrame(code, reason);
      // §5.5.1: "If an endpoint receives a Close frame and did not previously send a Close frame, the endpoint MUST send a
      // Close frame in response. (When sending a Close frame in response, the endpoint typically echos the status code it
      // received.)" The application may already have answered, in the call above.
      if (connection.#phase !== 'closing-remote') return connection.#endUnlessServerDoes();
      // With skipUTF8Validation, a reason may have become longer: each invalid byte is U+FFFD now.
      connection.close(code, Buffer.byteLength(reason) > MAX_CLOSE_REASON ? '' : reason);
    }

    onViolation(violation: Violation, limit?: number, actual?: number): void {
      this.#connection.fail(violation, limit, actual);
    }
  };

  // Sending.

  /**
   * Sends a message, or a fragment of one. §5.4: every fragment but the first has the opcode CONTINUATION, and every
   * fragment but the last has `fin` false.
   *
   * @param compressed whether this begins a compressed message (RFC 7692 §6.1)
   * @returns false if nothing was sent: a Close frame was sent before (§5.5.1), or the connection is closed
   */
  send(opcode: Opcode, payload: Payload, fin = true, compressed = false): boolean {
    if (this.#phase !== 'open' && this.#phase !== 'closing-remote') return false;
    this.#encoder.encode(fin, opcode, payload, compressed);
    return true;
  }

  /**
   * Sends a whole frame of a server that was encoded before: immediately, after the bytes that wait for `flush()`. The
   * caller must not change the frame. Returns as `send()` does.
   */
  sendFrame(frame: Uint8Array): boolean {
    if (this.#phase !== 'open' && this.#phase !== 'closing-remote') return false;
    this.flush();
    this.#sink.onBytes(frame, 0, frame.length, overheadOf(frame));
    return true;
  }

  /** Adds a frame of a server of at most `COPY_LIMIT` bytes that `sendFrame()` has passed to the sink, to send it again. */
  append(frame: Uint8Array): void {
    this.#encoder.append(frame);
  }

  /**
   * Starts the closing handshake (§7.1.2), or answers the peer's Close frame.
   *
   * @param code   a code that may be sent; 1005 for a Close frame without one
   * @param reason at most 123 bytes of UTF-8
   */
  close(code: number = CloseCode.NO_STATUS_RECEIVED, reason = ''): void {
    if (!this.#move('close')) return;
    this.#encoder.encode(true, Opcode.CLOSE, closePayload(code, reason));
    if (this.#phase === 'closed') this.#endUnlessServerDoes();
  }

  /** Sends the bytes that were collected. */
  flush(): void {
    if (this.pendingBytes > 0) this.#encoder.flush();
  }

  /**
   * Whether the transport accepts no more for now. Meanwhile, only the pong for the latest ping is kept (§5.5.3: "it MAY
   * elect to send a Pong frame for only the most recently processed Ping frame"), so that a flood of pings takes no memory.
   */
  set congested(congested: boolean) {
    this.#congested = congested;
    const payload = this.#pendingPong;
    if (congested || payload === null) return;
    this.#pendingPong = null;
    this.#sendPong(payload);
  }

  #sendPong(payload: Uint8Array): void {
    // §5.5.2: a ping is answered "unless it already received a Close frame"; our own Close frame makes no difference.
    if (this.#phase !== 'closed') this.#encoder.encode(true, Opcode.PONG, payload);
  }

  /** Makes the transition. Returns false if the table has none. */
  #move(event: PhaseEvent): boolean {
    const next = nextPhase(this.#phase, event);
    if (next === undefined) return false;
    this.#phase = next;
    if (next !== 'closed') return true;
    this.#conditions |= Condition.CLOSED;
    this.#rest = null;
    this.#kept = null;
    // While the message is being inflated, it still takes memory, which counts.
    if (!this.inflating) this.#pendingMessage = null;
    return true;
  }

  /** §7.1.1: "the server [...] MUST close the TCP connection immediately"; a client waits for the server to do so. */
  #endUnlessServerDoes(): void {
    if (this.#isServer || this.#transportEnded) this.#end();
  }

  #end(): void {
    if (this.#endSent) return;
    this.#endSent = true;
    this.#encoder.flush();
    this.#sink.onEnd();
  }
}
