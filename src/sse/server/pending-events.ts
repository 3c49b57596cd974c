import { CompactingQueue } from '../../shared/compacting-queue.ts';
import { ALLOCATION_PRICE, memoryCost, OBJECT_PRICE, ownMemory } from '../../shared/memory-price.ts';
import { CRLF_BYTES, contentRange } from './http-chunk.ts';

/** Chunks of fewer bytes are copied into blocks. */
const JOIN_BELOW = 4 * 1024;

/** The sizes of blocks in bytes: each is twice as large as the one before, up to the largest. */
const SMALLEST_BLOCK = 1024;
const LARGEST_BLOCK = 16 * 1024;

/** The bytes that the size of an event takes in an array. */
const SIZE_COST = 16;

/**
 * Free bytes before and after the joined events of a block: for the size of the chunk, which has at most four hexadecimal
 * digits, and for its line ends.
 */
const CHUNK_HEAD = 4 + CRLF_BYTES;
const CHUNK_TAIL = CRLF_BYTES;

/** Memory that holds one large chunk, or the content of several small ones. */
interface Block {
  readonly memory: Buffer;
  readonly joined: boolean;
  /** The bytes of the events in `memory`. */
  start: number;
  end: number;
  /** The size of each event that was added, in bytes of `memory`. */
  readonly sizes: number[];
  /** The index in `sizes` of the first event that is left. */
  first: number;
}

/**
 * The events that wait for a client that does not read, oldest first, each encoded as a chunk. Small events are joined, so
 * that many of them take about as much memory as their bytes, and are written as one chunk.
 */
export class PendingEvents {
  readonly #blocks = new CompactingQueue<Block>();
  #length = 0;
  #cost = 0;

  /** The number of events. */
  get length(): number {
    return this.#length;
  }

  /** The bytes of memory that hold the events. */
  get cost(): number {
    return this.#cost;
  }

  /** Whether the queue stays within `maxCost` bytes if the event is added. */
  hasRoomFor(event: Buffer, maxCost: number): boolean {
    return this.#cost + this.#costOfAdding(event) <= maxCost;
  }

  push(event: Buffer): void {
    this.#cost += this.#costOfAdding(event);
    this.#length++;
    let block = this.#lastBlock;
    if (!canJoin(block, event)) {
      block = event.length < JOIN_BELOW ? emptyBlock(nextBlockBytes(block, event)) : blockOf(ownMemory(event));
      this.#blocks.push(block);
    }
    if (block.joined) {
      const { start, end } = contentRange(event);
      event.copy(block.memory, block.end, start, end);
      block.end += end - start;
      block.sizes.push(end - start);
    }
  }

  /** Removes the oldest event. */
  drop(): void {
    const block = this.#blocks.at(0);
    if (block === undefined) return;
    block.start += block.sizes[block.first++]!;
    this.#length--;
    if (block.first === block.sizes.length) this.#removeFirstBlock(block);
  }

  /** Removes the oldest events that are in one piece of memory, and returns them as one chunk; undefined if there are none. */
  shift(): Buffer | undefined {
    const block = this.#blocks.at(0);
    if (block === undefined) return undefined;
    this.#length -= block.sizes.length - block.first;
    this.#removeFirstBlock(block);
    const { memory, joined, start, end } = block;
    if (!joined) return memory;
    const head = `${(end - start).toString(16)}\r\n`;
    memory.write(head, start - head.length, 'latin1');
    memory.write('\r\n', end, 'latin1');
    return memory.subarray(start - head.length, end + CHUNK_TAIL);
  }

  clear(): void {
    this.#blocks.clear();
    this.#length = 0;
    this.#cost = 0;
  }

  get #lastBlock(): Block | undefined {
    return this.#blocks.at(this.#blocks.length - 1);
  }

  #removeFirstBlock(block: Block): void {
    this.#blocks.shift();
    this.#cost -= memoryCost(block.memory) + OBJECT_PRICE + block.sizes.length * SIZE_COST;
  }

  #costOfAdding(event: Buffer): number {
    const block = this.#lastBlock;
    if (canJoin(block, event)) return SIZE_COST;
    const memory = event.length < JOIN_BELOW ? nextBlockBytes(block, event) + ALLOCATION_PRICE : memoryCost(event);
    return memory + OBJECT_PRICE + SIZE_COST;
  }
}

function emptyBlock(bytes: number): Block {
  const memory = Buffer.allocUnsafeSlow(bytes);
  return { memory, joined: true, start: CHUNK_HEAD, end: CHUNK_HEAD, sizes: [], first: 0 };
}

function blockOf(memory: Buffer): Block {
  return { memory, joined: false, start: 0, end: memory.length, sizes: [memory.length], first: 0 };
}

/** Whether a chunk is small and fits into a block. */
function canJoin(block: Block | undefined, { length }: Buffer): block is Block {
  return length < JOIN_BELOW && block?.joined === true && block.memory.length - block.end - CHUNK_TAIL >= length;
}

function nextBlockBytes(last: Block | undefined, { length }: Buffer): number {
  const doubled = last === undefined ? SMALLEST_BLOCK : last.memory.length * 2;
  return Math.max(CHUNK_HEAD + length + CHUNK_TAIL, Math.min(LARGEST_BLOCK, doubled));
}
