/** A connection that has messages compressed and inflated. */
export interface ZlibUser {
  /** How many large messages, of all connections, are compressed or decompressed at the same time. */
  readonly concurrencyLimit: number;
  /** The connection's position in the order of service, in bytes. It starts at 0. */
  queuePosition: number;
}

/** Starts work on a thread of zlib, and calls `done` at its end with the bytes that it has processed. */
type Job = (done: (bytes: number) => void) => void;

interface WaitingJob {
  readonly user: ZlibUser;
  readonly job: Job;
  /** The position at which the job starts. */
  readonly start: number;
  /** The position at which it ends, by the estimate. Jobs run in this order. */
  readonly end: number;
  /** Of two jobs with the same end, the one that came first runs first. */
  readonly number: number;
}

/**
 * Shares zlib's threads among connections. At most `concurrencyLimit` jobs run at a time: more would not be faster, and each
 * of them takes memory. The others wait.
 *
 * The order is that of fair queueing: a connection's position moves on with each byte that is processed for it, and the job
 * that ends at the lowest position is next. So connections whose messages inflate to the maximum wait for each other, and a
 * short message of another connection goes before theirs. Nobody saves up: the job of a connection that has been idle starts
 * at the position of those that are busy.
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

  /** Runs a job of a connection, that processes about `bytes`: now, or when its turn comes. */
  run(user: ZlibUser, bytes: number, job: Job): void {
    const start = Math.max(user.queuePosition, this.#position);
    this.#add({ user, job, start, end: start + bytes, number: this.#count++ });
    this.#runNext();
  }

  #runNext(): void {
    // A job that is done at once must not nest: there may be thousands of them.
    if (this.#isStarting) return;
    this.#isStarting = true;
    for (let next = this.#waiting[0]; next !== undefined && this.#running < next.user.concurrencyLimit; ) {
      this.#removeFirst();
      this.#start(next);
      next = this.#waiting[0];
    }
    this.#isStarting = false;
  }

  #start({ user, job, start }: WaitingJob): void {
    this.#running++;
    this.#position = Math.max(this.#position, start);
    job((bytes) => {
      this.#running--;
      user.queuePosition = Math.max(user.queuePosition, start) + bytes;
      // Nobody is behind this connection any more, and it must not be behind those that come next.
      if (this.#running === 0 && this.#waiting.length === 0)
        this.#position = Math.max(this.#position, user.queuePosition);
      this.#runNext();
    });
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
  return one.end < other.end || (one.end === other.end && one.number < other.number);
}

const queue = /* @__PURE__ */ new ZlibQueue();

/** Compresses or inflates about `bytes` of a connection on zlib's threads, in the order of the queue of all connections. */
export function runZlibJob(user: ZlibUser, bytes: number, job: Job): void {
  queue.run(user, bytes, job);
}
