/** What the pool remembers of a connection. */
export interface PoolUser {
  /** How many large messages, of all connections, are compressed or decompressed at the same time. */
  readonly concurrencyLimit: number;
  /** The pool's position of the connection in the order of service, in bytes; 0 at first. */
  poolPosition: number;
}

/** Starts work on a thread of zlib, and calls `done` at its end with the bytes that it has processed. */
type Job = (done: (bytes: number) => void) => void;

interface WaitingJob {
  readonly user: PoolUser;
  readonly job: Job;
  /** Jobs run in this order. */
  readonly position: number;
  /** Of two jobs with the same position, the one that came first runs first. */
  readonly number: number;
}

/** How far ahead of the others a connection may be that has used the pool less than its share. */
const CREDIT_BYTES = 4 * 1024 * 1024;

/**
 * Shares zlib's threads among connections. At most `concurrencyLimit` jobs run at a time: more would not be faster, and each
 * of them takes memory. The others wait.
 *
 * The order is that of start-time fair queueing: a connection's position moves on with each byte that is processed for it,
 * and the job with the lowest position is next. So connections whose messages inflate to the maximum wait for each other,
 * and the message of one that has used the pool less than its share goes before all of theirs. As a job is not interrupted,
 * half of the places are kept free for such messages.
 */
export class CompressionPool {
  #running = 0;
  /** The highest position at which a job was started. */
  #position = 0;
  #count = 0;
  /** Whether `#runNext()` is in progress. */
  #isStarting = false;
  /** A binary heap: each job comes before the two at twice its index. */
  readonly #waiting: WaitingJob[] = [];

  /** Runs a job of a connection: now, or when its turn comes. */
  run(user: PoolUser, job: Job): void {
    const position = Math.max(user.poolPosition, this.#position - CREDIT_BYTES);
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
        user.poolPosition = Math.max(user.poolPosition, position) + bytes;
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

const pool = new CompressionPool();

/** Runs a job of a connection on a thread of zlib, in the order of the pool of all connections. */
export function runCompression(user: PoolUser, job: Job): void {
  pool.run(user, job);
}
