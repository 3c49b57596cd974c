import { randomUUID } from 'node:crypto';

/**
 * Series of numbers that many clients watch.
 *
 * An EventChannel delivers each event. Here, only the latest value of a series matters: a client that reads slowly skips values, and
 * never receives an old value when there is a newer one. While data is queued for a client, only the names of changed series are kept
 * for it. So a client takes the same memory however slow it is.
 *
 * The events:
 *
 * - `snapshot`: all kept values, for a client that knows none
 * - `missed`: the values since the client's last event, for a client that reconnects
 * - the name of a series: its new value, as `[time, value]`
 */
export class LatestValues {
  #about;
  #length;
  /** The beginning of each id. The id of an earlier process is recognized as unknown. */
  #prefix = randomUUID();
  /** The number of values that were set. */
  #number = 0;
  #skipped = 0;
  /** For each series, its values, oldest first: `{ number, point: [time, value] }`. */
  #series = new Map();
  /** For each stream, whether something is queued for it, and the series that wait for it. */
  #viewers = new Map();

  /**
   * @param about  additional members of a snapshot
   * @param length how many values of each series are kept
   */
  constructor({ about = undefined, length = 120 } = {}) {
    this.#about = about;
    this.#length = length;
  }

  /** The number of streams. */
  get viewers() {
    return this.#viewers.size;
  }

  /** The number of values that were not sent to a viewer, because there was a newer one. */
  get skipped() {
    return this.#skipped;
  }

  /** Sets the latest value of a series, and sends it to all who are not behind. */
  set(name, time, value) {
    const values = this.#series.get(name) ?? [];
    this.#series.set(name, values);
    values.push({ number: ++this.#number, point: [time, value] });
    if (values.length > this.#length) values.shift();
    for (const [stream, viewer] of this.#viewers) {
      // The series that has changed last is the last one, so that ids are sent in order.
      if (viewer.waiting.delete(name)) this.#skipped++;
      viewer.waiting.add(name);
      if (!viewer.isBehind) this.#send(stream, viewer);
    }
  }

  /** Adds a stream, until it ends. */
  add(stream, lastEventId = stream.lastEventId) {
    const viewer = { isBehind: false, waiting: new Set() };
    this.#viewers.set(stream, viewer);
    stream.on('close', () => this.#viewers.delete(stream));
    stream.on('drain', () => this.#send(stream, viewer));
    const position = this.#positionOf(lastEventId);
    const series = Object.fromEntries(
      Array.from(this.#series, ([name, values]) => [
        name,
        values.filter(({ number }) => number > (position ?? 0)).map(({ point }) => point),
      ]),
    );
    viewer.isBehind = !stream.send(
      position === undefined
        ? { event: 'snapshot', data: JSON.stringify({ about: this.#about, series }), id: this.#id(this.#number) }
        : { event: 'missed', data: JSON.stringify({ series }), id: this.#id(this.#number) },
    );
  }

  /** Closes all streams. Resolves when their clients have read everything, or have had the time for it. */
  async close() {
    await Promise.all(Array.from(this.#viewers.keys(), (stream) => stream.shutdown({ timeout: 5000 })));
  }

  /** Sends the latest values of the waiting series until something is queued. */
  #send(stream, viewer) {
    viewer.isBehind = false;
    for (const name of viewer.waiting) {
      viewer.waiting.delete(name);
      const { number, point } = this.#series.get(name).at(-1);
      viewer.isBehind = !stream.send({ event: name, data: JSON.stringify(point), id: this.#id(number) });
      if (viewer.isBehind) return;
    }
  }

  #id(number) {
    return `${this.#prefix}-${number}`;
  }

  /** The number of the last value that a client has received; undefined if it has none of this process. */
  #positionOf(lastEventId) {
    const [, prefix, digits] = /^([\da-f-]{36})-(\d{1,15})$/.exec(lastEventId) ?? [];
    return prefix === this.#prefix && Number(digits) <= this.#number ? Number(digits) : undefined;
  }
}
