/** The array is shortened when at least this many of its places, and at least half of them, are free. */
const COMPACT_AFTER = 1024;

/**
 * A first-in, first-out queue on one array. `shift()` takes constant time on average, where `Array.prototype.shift` moves
 * every other item of a long array.
 */
export class CompactingQueue<T extends object> {
  #items: (T | undefined)[] = [];
  /** The index of the first item; the places before it are free. */
  #start = 0;

  get length(): number {
    return this.#items.length - this.#start;
  }

  /** The item with this index, counted from the front of the queue. */
  at(index: number): T | undefined {
    return this.#items[this.#start + index];
  }

  push(item: T): void {
    this.#items.push(item);
  }

  /** Removes and returns the first item; undefined if the queue is empty. */
  shift(): T | undefined {
    if (this.#start === this.#items.length) return undefined;
    const item = this.#items[this.#start];
    // Otherwise, the array would keep the item alive.
    this.#items[this.#start++] = undefined;
    if (this.#start >= COMPACT_AFTER && this.#start * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#start);
      this.#start = 0;
    }
    return item;
  }

  clear(): void {
    this.#items = [];
    this.#start = 0;
  }
}
