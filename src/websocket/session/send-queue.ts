import { CompactingQueue } from '../../shared/compacting-queue.ts';
import { memoryCost, OBJECT_PRICE, ownMemory } from '../../shared/memory-price.ts';
import type { Payload } from '../wire/frame-encoder.ts';
import { Opcode } from '../wire/opcode.ts';
import type { Compression } from './compression.ts';
import { backpressureExceeded, failLater } from './failures.ts';
import { byteLengthOf, isPayload, keepData, memoryOf } from './message-data.ts';
import type { SendCallback } from './send-callbacks.ts';
import type { Session } from './session.ts';
import type { SharedMessage } from './shared-message.ts';
import type { Supervisor } from './supervisor.ts';
import type { WaitingMessages } from './waiting-messages.ts';
import { runZlibJob } from './zlib-jobs.ts';

/** Payloads up to this size in bytes are compressed synchronously. Larger ones would block the event loop. */
const MAX_SYNC_DEFLATE_BYTES = 16 * 1024;

/** Milliseconds for which messages that have waited are sent in one turn: each may have to be compressed. */
const RUN_MILLISECONDS = 5;

/** The multiple of `maxBackpressure` that may be queued during one turn of the event loop. */
const BURST_FACTOR = 3;

/** The memory of a waiting action, in bytes: three closures and their variables, and the arguments. */
const ACTION_MEMORY = 5 * OBJECT_PRICE;

/** How to send a message, or a fragment of one. */
interface FragmentOptions {
  readonly binary: boolean;
  /** Whether this is the last fragment. */
  readonly fin: boolean;
  /** Whether to compress the message if permessage-deflate is in use. */
  readonly compress: boolean;
  readonly callback: SendCallback | undefined;
}

/** A message, or a fragment of one. */
export interface QueuedMessage extends FragmentOptions {
  readonly data: Payload | Blob;
}

/**
 * Puts messages in order: while a Blob is read or a large message is compressed, later messages wait. It also chooses the
 * opcode of each fragment, decides which messages are compressed, and enforces `maxBackpressure`.
 */
export class SendQueue implements WaitingMessages {
  readonly #session: Session;
  readonly #compression: Compression | null;
  readonly #maxBackpressure: number;
  /** Whether more than `maxBackpressure` was queued at the end of a turn of the event loop. */
  #overLimitLastTurn = false;
  /** Whether a check at the end of this turn is scheduled. */
  #checkScheduled = false;
  /** Whether the first fragment of a message has been sent, so that the next fragment is a continuation. */
  #fragmented = false;
  /** Broadcasts that wait for the end of a fragmented message. RFC 6455 §5.4: messages must not be interleaved. */
  #afterFragments: SharedMessage[] | null = null;
  #compressing = false;
  /** Whether the connection is closed. Then nothing is read or compressed any more. */
  #closed = false;
  /** Actions that wait for an earlier message; null if none is being read or compressed. */
  #waiting: CompactingQueue<() => void> | null = null;
  /** The callback of that earlier message. */
  #firstCallback: SendCallback | undefined;
  #waitingBytes = 0;
  #memory = 0;
  /** The message that waits for zlib to compress it. */
  #uncompressed: Buffer | null = null;
  /** Stops waiting for the compressed frame of a broadcast; null if none is awaited. */
  #cancelFrame: (() => void) | null = null;
  /** The memory in bytes of the message that zlib is compressing. */
  #compressingCost = 0;
  readonly #supervisor: Supervisor | null;

  /** @param maxBackpressure in bytes */
  constructor(
    session: Session,
    compression: Compression | null,
    maxBackpressure: number,
    supervisor: Supervisor | null,
  ) {
    this.#session = session;
    this.#supervisor = supervisor;
    this.#compression = compression;
    this.#maxBackpressure = maxBackpressure;
    session.waiting = this;
  }

  /** Bytes of messages that the kernel has not accepted yet, without frame headers. */
  get bufferedAmount(): number {
    return this.#session.bufferedPayload + this.#waitingBytes;
  }

  /** The memory that is kept for waiting messages, in bytes. */
  get memory(): number {
    return this.#memory;
  }

  /**
   * Returns whether more can be sent. If more than `maxBackpressure` is kept and the peer has had a turn of the event
   * loop to read, this terminates the connection. During one turn the peer cannot read, so more may be queued, up to
   * `BURST_FACTOR` times the limit.
   */
  enforceBackpressure(): boolean {
    const memory = this.#session.sendMemory;
    if (memory > this.#maxBackpressure) return this.#isBurst(memory);
    this.#overLimitLastTurn = false;
    return true;
  }

  /** Returns whether more than `maxBackpressure` may be kept for now. If not, terminates the connection. */
  #isBurst(memory: number): boolean {
    const limit = this.#maxBackpressure;
    if (this.#overLimitLastTurn || memory > BURST_FACTOR * limit) {
      this.#session.abandon(backpressureExceeded(limit, memory));
      return false;
    }
    if (!this.#checkScheduled) {
      this.#checkScheduled = true;
      setImmediate(() => {
        this.#checkScheduled = false;
        this.#overLimitLastTurn = this.#session.sendMemory > limit;
      });
    }
    return true;
  }

  /** Sends a message or a fragment. Returns false under backpressure, or if the message has to wait: 'drain' follows. */
  send(message: QueuedMessage): boolean {
    const { data } = message;
    if (this.#waiting === null && isPayload(data)) return this.#sendNow(message, data);
    const { binary, fin, compress, callback } = message;
    const send = (payload: Payload) => this.#sendNow({ binary, fin, compress, callback }, payload);
    return this.#sendLater(data, byteLengthOf(data), callback, send);
  }

  /** Sends a ping or pong, after the messages that are waiting. */
  sendControl(opcode: Opcode, data: Payload | Blob, callback: SendCallback | undefined): void {
    const send = (payload: Payload): void => void this.#session.send(opcode, payload, true, callback);
    if (this.#waiting === null && isPayload(data)) send(data);
    else this.#sendLater(data, 0, callback, send);
  }

  /** Keeps data until the messages that are waiting have been sent. Then a Blob is read. `bytes`: what `bufferedAmount` counts. */
  #sendLater(
    data: Payload | Blob,
    bytes: number,
    callback: SendCallback | undefined,
    send: (payload: Payload) => void,
  ): false {
    const kept = keepData(data);
    const memory = memoryOf(kept) + (callback === undefined ? 0 : OBJECT_PRICE);
    return this.#sendWhenReady(bytes, memory, () => {
      if (isPayload(kept)) send(kept);
      else this.#readBlob(kept, bytes, callback, send);
    });
  }

  /** Sends a message of a broadcast. It is encoded again only if it is compressed for this peer. */
  sendShared(message: SharedMessage): boolean {
    if (this.#waiting === null) return this.#sendSharedNow(message);
    return this.#sendWhenReady(message.payloadBytes, memoryCost(message.frame), () => this.#sendSharedNow(message));
  }

  /** Sends a message after those that are waiting. Returns false, because the message has to wait. */
  #sendWhenReady(bytes: number, memory: number, send: () => void): false {
    this.#count(bytes, memory);
    this.runInOrder(() => {
      this.#count(-bytes, -memory);
      send();
    });
    return false;
  }

  /** Counts a waiting action. */
  #count(bytes: number, memory: number): void {
    this.#waitingBytes += bytes;
    this.#memory += memory;
  }

  #sendSharedNow(message: SharedMessage): boolean {
    if (this.#closed) return false;
    if (this.#fragmented) {
      this.#afterFragments ??= [];
      this.#afterFragments.push(message);
      this.#count(message.payloadBytes, memoryCost(message.frame));
      return false;
    }
    const { binary, compress, payloadBytes } = message;
    const compression = this.#compression;
    if (!compress || !compression?.deflater.isWorthCompressing(payloadBytes)) {
      return this.#session.sendFrame(message.frame);
    }
    if (message.isSharedWith(compression.deflater)) return this.#sendSharedCompressed(compression, message);
    return this.#sendNow({ binary, fin: true, compress, callback: undefined }, message.payload);
  }

  #sendSharedCompressed(compression: Compression, message: SharedMessage): boolean {
    const { deflater } = compression;
    const send = (frame: Buffer): boolean => {
      deflater.append(message.payload, true);
      return this.#session.sendFrame(frame);
    };
    const frame = message.compressedFrame(deflater);
    if (frame !== null) return send(frame);
    this.#wait(message.payloadBytes, memoryCost(message.frame), undefined, (proceed) => {
      this.#cancelFrame = message.compressLater(compression, (error, compressed) => {
        this.#cancelFrame = null;
        proceed(() => void (error === null ? send(compressed) : this.#dataFailed(error, undefined)));
      });
    });
    return false;
  }

  /** Runs an action now, or after the messages that are waiting. */
  runInOrder(action: () => void): void {
    if (this.#waiting === null) return action();
    this.#memory += ACTION_MEMORY;
    this.#waiting.push(action);
  }

  /** The connection is closed: waiting messages are discarded at once, and their callbacks receive an error. */
  discard(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#uncompressed = null;
    this.#cancelFrame?.();
    // A compression in progress continues.
    this.#supervisor?.countClosedSendMemory(this.#compressingCost);
    for (const { payloadBytes, frame } of this.#afterFragments ?? []) this.#count(-payloadBytes, -memoryCost(frame));
    this.#afterFragments = null;
    const waiting = this.#waiting;
    if (waiting === null) return;
    // Later calls do not wait: they fail at once, after these.
    this.#waiting = null;
    failLater(this.#firstCallback, this.#session.notSent());
    this.#firstCallback = undefined;
    for (let action = waiting.shift(); action !== undefined; action = waiting.shift()) action();
    this.#waitingBytes = 0;
    this.#memory = 0;
  }

  #sendNow(message: FragmentOptions, payload: Payload): boolean {
    const writable = this.#sendFragment(message, payload);
    if (this.#afterFragments === null || !message.fin) return writable;
    return this.#sendAfterFragments(this.#afterFragments) && writable;
  }

  /** Sends the broadcasts that have waited for the end of a message. */
  #sendAfterFragments(messages: readonly SharedMessage[]): boolean {
    this.#afterFragments = null;
    let writable = true;
    for (const message of messages) {
      this.#count(-message.payloadBytes, -memoryCost(message.frame));
      if (!this.sendShared(message)) writable = false;
    }
    return writable;
  }

  #sendFragment({ binary, fin, compress, callback }: FragmentOptions, payload: Payload): boolean {
    const first = !this.#fragmented;
    // RFC 6455 §5.4: only the first fragment has the opcode of the message.
    const opcode = first ? (binary ? Opcode.BINARY : Opcode.TEXT) : Opcode.CONTINUATION;
    this.#fragmented = !fin;
    const compression = this.#compression;
    if (compression === null || this.#closed) return this.#session.send(opcode, payload, fin, callback);
    // RFC 7692 §6.1: the first fragment determines whether the message is compressed.
    if (first) this.#compressing = compress && compression.deflater.isWorthCompressing(byteLengthOf(payload));
    if (!this.#compressing) return this.#session.send(opcode, payload, fin, callback);
    return this.#sendCompressed(compression, opcode, payload, fin, callback);
  }

  #sendCompressed(
    compression: Compression,
    opcode: Opcode,
    payload: Payload,
    fin: boolean,
    callback: SendCallback | undefined,
  ): boolean {
    // RFC 7692 §6.1: RSV1 is set on the first fragment only.
    const first = opcode !== Opcode.CONTINUATION;
    const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload;
    if (bytes.length <= MAX_SYNC_DEFLATE_BYTES) {
      return this.#session.send(opcode, compression.deflater.deflate(bytes, fin), fin, callback, first);
    }
    this.#compressLater(compression, bytes, fin, callback, (compressed) => {
      this.#session.send(opcode, compressed, fin, callback, first);
    });
    return false;
  }

  /** Compresses a payload on zlib's threads. A waiting job does not keep the payload alive, because the connection may close. */
  #compressLater(
    compression: Compression,
    bytes: Uint8Array,
    fin: boolean,
    callback: SendCallback | undefined,
    send: (compressed: Uint8Array) => void,
  ): void {
    const kept = ownMemory(bytes);
    const { length } = kept;
    const cost = memoryCost(kept);
    this.#uncompressed = kept;
    this.#wait(length, cost, callback, (proceed) => {
      runZlibJob(compression, length, (done) => {
        const payload = this.#uncompressed;
        this.#uncompressed = null;
        if (payload === null) return done(0);
        this.#compressingCost = cost;
        compression.deflater.deflateLater(payload, fin, (error, compressed) => {
          this.#compressingCost = 0;
          if (this.#closed) this.#supervisor?.countClosedSendMemory(-cost);
          done(length);
          proceed(() => (error === null ? send(compressed) : this.#dataFailed(error, callback)));
        });
      });
    });
  }

  #readBlob(blob: Blob, bytes: number, callback: SendCallback | undefined, send: (payload: Payload) => void): void {
    if (this.#closed) return failLater(callback, this.#session.notSent());
    this.#wait(bytes, memoryOf(blob), callback, (proceed) => {
      blob.arrayBuffer().then(
        (buffer) => proceed(() => send(new Uint8Array(buffer))),
        (error: Error) => proceed(() => this.#dataFailed(error, callback)),
      );
    });
  }

  /** A Blob cannot be read, or data cannot be compressed: the connection fails, because later messages would follow without it. */
  #dataFailed(error: Error, callback: SendCallback | undefined): void {
    failLater(callback, error);
    this.#session.abandon(error, true);
    this.discard();
  }

  /** Makes later messages wait until `proceed` is called, which sends this message and then the waiting ones. */
  #wait(
    bytes: number,
    memory: number,
    callback: SendCallback | undefined,
    start: (proceed: (send: () => void) => void) => void,
  ): void {
    this.#waiting = new CompactingQueue();
    this.#firstCallback = callback;
    this.#count(bytes, memory);
    start((send) => {
      // `discard()` has called back.
      if (this.#closed) return;
      const waiting = this.#waiting!;
      this.#count(-bytes, -memory);
      this.#waiting = null;
      this.#firstCallback = undefined;
      send();
      this.#runWaiting(waiting);
    });
  }

  /** Runs waiting actions, until one has to wait again, or for a few milliseconds of this turn of the event loop. */
  #runWaiting(waiting: CompactingQueue<() => void>): void {
    const end = performance.now() + RUN_MILLISECONDS;
    while (waiting.length > 0 && this.#waiting === null) {
      if (performance.now() >= end && !this.#closed) {
        this.#waiting = waiting;
        setImmediate(() => {
          if (this.#closed) return;
          this.#waiting = null;
          this.#runWaiting(waiting);
        });
        return;
      }
      this.#memory -= ACTION_MEMORY;
      waiting.shift()!();
    }
    this.#continueWaiting(waiting);
  }

  /** Puts the rest of a queue behind the message that started another wait, if there is one. */
  #continueWaiting(rest: CompactingQueue<() => void>): void {
    const waiting = this.#waiting;
    if (waiting === null) return this.#session.promiseDrain();
    if (waiting.length === 0) this.#waiting = rest;
    else for (let action = rest.shift(); action !== undefined; action = rest.shift()) waiting.push(action);
  }
}
