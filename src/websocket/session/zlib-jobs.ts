/** A connection that has messages compressed and inflated. */
export interface ZlibUser {
  /** How many large messages, of all connections, are compressed or decompressed at the same time. */
  readonly concurrencyLimit: number;
  /** The connection's position in the order of service, in bytes. It starts at 0. */
  queuePosition: number;
}

/**
 * Works on a message on a thread of zlib. At the end, it calls `done` with the bytes that it has processed, and with the rest of
 * the job if there is one: others may go first.
 */
type Job = (done: (bytes: number, rest?: Job) => void) => void;

interface WaitingJob {
  readonly user: ZlibUser;
  readonly job: Job;
  /** The position at which the message starts. */
  readonly start: number;
  /** The position at which the job ends, by the estimate. Jobs run in this order. */
  readonly end: number;
  /** The number of the message. Of two jobs with the same end, that of the earlier message runs first. */
  readonly number: number;
  /** Whether the job continues a message. */
  readonly isRest: boolean;
}

/** The bytes by which the rest of a message comes later than a new message. */
const REST_BYTES = 1024 * 1024;

/**
 * Shares zlib's threads among connections. At most `concurrencyLimit` jobs run at a time: more would not be faster, and each
 * of them takes memory. The others wait.
 *
 * The order is fair queueing: a connection's position advances with each byte that is processed for it, and the job that ends at the
 * lowest position is next. Idle connections gain no advantage: their next job starts at the position of the busy connections.
 *
 * A message that inflates to many bytes yields to others now and then, and short messages go first. Long messages are completed in
 * the order in which they came, and use at most half of the places, because many unfinished ones would take a lot of memory.
 */
export class ZlibQueue {
  #running = 0;
  #runningRests = 0;
  /** The highest position at which a job was started. */
  #position = 0;
  #count = 0;
  /** Whether `#runNext()` is in progress. */
  #isStarting = false;
  readonly #messages = new JobHeap();
  readonly #rests = new JobHeap();

  /** Runs a job of a connection, that processes about `bytes`: now, or when its turn comes. */
  run(user: ZlibUser, bytes: number, job: Job): void {
    const start = Math.max(user.queuePosition, this.#position);
    this.#messages.add({ user, job, start, end: start + bytes, number: this.#count++, isRest: false });
    this.#runNext();
  }

  #runNext(): void {
    // A job that is done at once must not nest: there may be thousands of them.
    if (this.#isStarting) return;
    this.#isStarting = true;
    for (let heap = this.#nextHeap(); heap !== null; heap = this.#nextHeap()) this.#start(heap.removeFirst());
    this.#isStarting = false;
  }

  /** The heap whose first job is next; null if it has to wait. */
  #nextHeap(): JobHeap | null {
    const message = this.#messages.first;
    const rest = this.#rests.first;
    const isRestNext =
      rest !== undefined &&
      this.#runningRests < Math.ceil(rest.user.concurrencyLimit / 2) &&
      (message === undefined || isBefore(rest, message));
    const next = isRestNext ? rest : message;
    if (next === undefined || this.#running >= next.user.concurrencyLimit) return null;
    return isRestNext ? this.#rests : this.#messages;
  }

  #start({ user, job, start, number, isRest }: WaitingJob): void {
    this.#running++;
    if (isRest) this.#runningRests++;
    this.#position = Math.max(this.#position, start);
    job((bytes, rest) => {
      this.#running--;
      if (isRest) this.#runningRests--;
      user.queuePosition = Math.max(user.queuePosition, start) + bytes;
      if (rest !== undefined) {
        this.#rests.add({ user, job: rest, start, end: start + REST_BYTES, number, isRest: true });
      } else if (this.#running === 0 && this.#messages.first === undefined && this.#rests.first === undefined) {
        // No connection is behind this one any more, and it must not be behind new ones.
        this.#position = Math.max(this.#position, user.queuePosition);
      }
      this.#runNext();
    });
  }
}

/** A binary heap: each job comes before the two at twice its index. */
class JobHeap {
  readonly #jobs: WaitingJob[] = [];

  get first(): WaitingJob | undefined {
    return this.#jobs[0];
  }

  add(job: WaitingJob): void {
    const jobs = this.#jobs;
    let index = jobs.push(job) - 1;
    while (index > 0) {
      const parent = (index - 1) >>> 1;
      if (!isBefore(job, jobs[parent]!)) break;
      jobs[index] = jobs[parent]!;
      index = parent;
    }
    jobs[index] = job;
  }

  /** Removes and returns the first of the jobs. There must be one. */
  removeFirst(): WaitingJob {
    const jobs = this.#jobs;
    const first = jobs[0]!;
    const job = jobs.pop()!;
    if (jobs.length === 0) return first;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= jobs.length) break;
      if (child + 1 < jobs.length && isBefore(jobs[child + 1]!, jobs[child]!)) child++;
      if (!isBefore(jobs[child]!, job)) break;
      jobs[index] = jobs[child]!;
      index = child;
    }
    jobs[index] = job;
    return first;
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
