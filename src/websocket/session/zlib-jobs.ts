/** A connection that has messages compressed and inflated. */
export interface ZlibUser {
  /** How many large messages, of all connections, are compressed or decompressed at the same time. */
  readonly concurrencyLimit: number;
  /** The connection's position in the order of service, in bytes; 0 at first. */
  queuePosition: number;
}

/** Starts work on a thread of zlib, and calls `done` at its end with the bytes that it has processed. */
type Job = (done: (bytes: number) => void) => void;

interface WaitingJob {
  readonly user: ZlibUser;
  readonly job: Job;
  /** Jobs run in this order. */
  readonly position: number;
  /** Of two jobs with the same position, the one that came first runs first. */
  readonly number: number;
}

/** How far ahead of the others a connection may be that has used less than its share. */
const CREDIT_BYTES = 4 * 1024 * 1024;

/**
 * Shares zlib's threads among connections. At most `concurrencyLimit` jobs run at a time: more would not be faster, and each
 * of them takes memory. The others wait.
 *
 * The order is that of start-time fair queueing: a connection's position moves on with each byte that is processed for it,
 * and the job with the lowest position is next. So connections whose messages inflate to the maximum wait for each other,
 * and the message of one that has used less than its share goes before all of theirs. As a job is not interrupted,
 * half of the places are kept free for such messages.
 */
export class ZlibQueue {
  #running = 0;
  /** The highest position at which a job was started. */
  #position = 0;
  #count = 0;
  /** Whether `#runNext()` is in progress. */
  #isStarting = false;
  /** A binary heap: each job comes before the two at twice its index. */
  readonly #waiting: WaitingJob[] = [];

  /** Runs a job of a connection: now, or when its turn comes. */
  run(user: ZlibUser, job: Job): void {
    const position = Math.max(user.queuePosition, this.#position - CREDIT_BYTES);
    this.#add({ user, job, position, number: this.#count++ });
    this.#runNext();
  }

  #runNext(): void {
    // A job that is done at once must not nest: there may be thousands of them.
    if (this.#isStarting) return;
    this.#isStarting = true;
    for (let next = this.#waiting[0]; next !== undefined && this.#hasPlaceFor(next); next = this.#waiting[0]) {
      this.#removeFirst();
      this.#running++;
      const { user, job, position } = next;
      this.#position = Math.max(this.#position, position);
      job((bytes) => {
        this.#running--;
        user.queuePosition = Math.max(user.queuePosition, position) + bytes;
        this.#runNext();
      });
    }
    this.#isStarting = false;
  }

  #hasPlaceFor({ user, position }: WaitingJob): boolean {
    const limit = user.concurrencyLimit;
    return this.#running < (position < this.#position ? limit : Math.ceil(limit / 2));
  }

  #add(job: WaitingJob): void {
    const heap = this.#waiting;
    let index = heap.push(job) - 1;
    while (index > 0) {
      const parent = (index - 1) >>> 1;
      if (!isBefore(job, heap[parent]!)) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = job;
  }

  #removeFirst(): void {
    const heap = this.#waiting;
    const job = heap.pop()!;
    if (heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!isBefore(heap[child]!, job)) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = job;
  }
}

function isBefore(one: WaitingJob, other: WaitingJob): boolean {
  return one.position < other.position || (one.position === other.position && one.number < other.number);
}

const queue = /* @__PURE__ */ new ZlibQueue();

/** Compresses or inflates a message of a connection on zlib's threads, in the order of the queue of all connections. */
export function runZlibJob(user: ZlibUser, job: Job): void {
  queue.run(user, job);
}
