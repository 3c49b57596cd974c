import { CompactingQueue } from '../../shared/compacting-queue.ts';
import type { Payload } from '../wire/frame-encoder.ts';
import { Opcode } from '../wire/opcode.ts';
import type { Compression } from './compression.ts';
import { runCompression } from './compression-pool.ts';
import { isPayload, lengthOf } from './message-data.ts';
import type { SendCallback, Session } from './session.ts';
import { tooMuchBackpressure } from './session-errors.ts';
import type { SharedMessage } from './shared-message.ts';

/** Payloads up to this many bytes are compressed at once; larger ones by zlib's threads, so that the loop goes on. */
const MAX_DEFLATE_AT_ONCE = 16 * 1024;

/** How many times `maxBackpressure` may be queued within one turn of the event loop. */
const BURST = 3;

/** A message, or a fragment of one. */
export interface QueuedMessage {
  readonly data: Payload | Blob;
  readonly binary: boolean;
  /** Whether it is the last fragment. */
  readonly fin: boolean;
  /** Whether it is compressed, if the connection can. */
  readonly compress: boolean;
  readonly callback: SendCallback | undefined;
}

/**
 * Messages on their way out: which opcode a fragment gets, which message is compressed, and their order while a Blob is
 * read or a large message compressed.
 */
export class SendQueue {
  readonly #session: Session;
  readonly #compression: Compression | null;
  readonly #maxBackpressure: number;
  /** Whether more than that was queued at the end of a turn of the event loop. */
  #overLimitLastTurn = false;
  /** Whether the end of this turn is waited for: once, however many messages are sent in it. */
  #turnWatched = false;
  /** Whether a message has had its first fragment, so that the next one is a continuation. */
  #fragmented = false;
  /** RFC 6455 §5.4: no message comes between the fragments of another. */
  #behindFragments: SharedMessage[] | null = null;
  #compressing = false;
  /** What waits for something before it that is not ready; null while nothing does. */
  #waiting: CompactingQueue<() => void> | null = null;
  #waitingBytes = 0;

  /** @param maxBackpressure bytes queued for the peer, past which it is taken for one that does not read */
  constructor(session: Session, compression: Compression | null, maxBackpressure: number) {
    this.#session = session;
    this.#compression = compression;
    this.#maxBackpressure = maxBackpressure;
  }

  /** Bytes that the kernel does not have yet. */
  get queuedBytes(): number {
    return this.#session.bufferedAmount + this.#waitingBytes;
  }

  /**
   * Whether more can be sent. A peer for which more than `maxBackpressure` is queued is given up if it has had a turn of
   * the event loop to read: what is sent in one turn it can't have read. But that, too, has an end.
   */
  enforceBackpressure(): boolean {
    const queued = this.queuedBytes;
    const limit = this.#maxBackpressure;
    if (queued <= limit) {
      this.#overLimitLastTurn = false;
      return true;
    }
    if (this.#overLimitLastTurn || queued > BURST * limit) {
      this.#session.abandon(tooMuchBackpressure(limit, queued));
      return false;
    }
    if (!this.#turnWatched) {
      this.#turnWatched = true;
      setImmediate(() => {
        this.#turnWatched = false;
        this.#overLimitLastTurn = this.queuedBytes > limit;
      });
    }
    return true;
  }

  /** Returns false under backpressure, and while it must wait: 'drain' will follow. */
  send(message: QueuedMessage): boolean {
    const { data } = message;
    if (this.#waiting === null && isPayload(data)) return this.#sendNow(message, data);
    return this.#sendWhenReady(lengthOf(data), () => {
      if (isPayload(data)) this.#sendNow(message, data);
      else this.#readBlob(message, data);
    });
  }

  /** Sends a message that others get, too: without encoding it anew, unless it is compressed for this peer. */
  sendShared(message: SharedMessage): boolean {
    if (this.#waiting === null) return this.#sendSharedNow(message);
    return this.#sendWhenReady(message.length, () => void this.#sendSharedNow(message));
  }

  /** Sends what has so many bytes when what is before it has been sent; false, for it must wait. */
  #sendWhenReady(length: number, send: () => void): false {
    this.#waitingBytes += length;
    this.runInOrder(() => {
      this.#waitingBytes -= length;
      send();
    });
    return false;
  }

  #sendSharedNow(message: SharedMessage): boolean {
    if (this.#fragmented) {
      this.#behindFragments ??= [];
      this.#behindFragments.push(message);
      return false;
    }
    const { payload, binary, compress, length } = message;
    if (!compress || !this.#compression?.deflater.isWorthCompressing(length))
      return this.#session.sendFrame(message.frame);
    return this.#sendNow({ data: payload, binary, fin: true, compress, callback: undefined }, payload);
  }

  /** Does it now, or when what is before it has been sent. */
  runInOrder(action: () => void): void {
    if (this.#waiting === null) action();
    else this.#waiting.push(action);
  }

  #sendNow(message: QueuedMessage, payload: Payload): boolean {
    let writable = this.#sendFragment(message, payload);
    const behind = this.#behindFragments;
    if (!message.fin || behind === null) return writable;
    this.#behindFragments = null;
    for (const shared of behind) {
      if (!this.sendShared(shared)) writable = false;
    }
    return writable;
  }

  #sendFragment({ binary, fin, compress, callback }: QueuedMessage, payload: Payload): boolean {
    const first = !this.#fragmented;
    // RFC 6455 §5.4: the opcode stands in the first fragment only.
    const opcode = first ? (binary ? Opcode.BINARY : Opcode.TEXT) : Opcode.CONTINUATION;
    this.#fragmented = !fin;
    const compression = this.#compression;
    if (compression === null) return this.#session.send(opcode, payload, fin, callback);

    // RFC 7692 §6.1: the first fragment decides for the message.
    if (first) this.#compressing = compress && compression.deflater.isWorthCompressing(lengthOf(payload));
    if (!this.#compressing) return this.#session.send(opcode, payload, fin, callback);
    const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload;
    if (bytes.length <= MAX_DEFLATE_AT_ONCE) {
      return this.#session.send(opcode, compression.deflater.deflate(bytes, fin), fin, callback, first);
    }
    this.#wait(bytes.length, (proceed) => {
      runCompression(compression.concurrencyLimit, (done) => {
        compression.deflater.deflateLater(bytes, fin, (error, compressed) => {
          done();
          proceed(() => {
            if (error === null) this.#session.send(opcode, compressed, fin, callback, first);
            else callback?.(error);
          });
        });
      });
    });
    return false;
  }

  #readBlob(message: QueuedMessage, blob: Blob): void {
    this.#wait(blob.size, (proceed) => {
      blob.arrayBuffer().then(
        (bytes) => proceed(() => this.#sendNow(message, new Uint8Array(bytes))),
        (error: Error) => proceed(() => message.callback?.(error)),
      );
    });
  }

  /** Holds back what follows until `proceed` is called. */
  #wait(length: number, begin: (proceed: (send: () => void) => void) => void): void {
    this.#waiting = new CompactingQueue();
    this.#waitingBytes += length;
    begin((send) => {
      const waiting = this.#waiting!;
      this.#waitingBytes -= length;
      this.#waiting = null;
      send();
      while (waiting.length > 0 && this.#waiting === null) waiting.shift()!();
      this.#keepWaiting(waiting);
    });
  }
  /** Puts what is left of a queue behind what waits now. */
  #keepWaiting(left: CompactingQueue<() => void>): void {
    const waiting = this.#waiting;
    if (waiting === null) return this.#session.promiseDrain();
    if (waiting.length === 0) this.#waiting = left;
    else for (let action = left.shift(); action !== undefined; action = left.shift()) waiting.push(action);
  }
}
