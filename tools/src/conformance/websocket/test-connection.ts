import type { Duplex } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { LoggedFrame, WireLog } from '../wire-log.ts';
import type { AgentEvent, Part, Step } from './case.ts';
import { type FrameDescription, frame, type ParsedFrame, parseFrame, splitIntoFrames } from './frames.ts';
import { CloseCode, isControl, MAX_CONTROL_PAYLOAD, Opcode, RSV1, reservedBits } from './protocol.ts';
import type { TestDeflate } from './test-deflate.ts';

/** The octets that a frame, or a message in fragments, may have. The longest that a case expects has 4 MiB. */
const MAX_LENGTH = 64 * 1024 * 1024;
/** The octets that a fragment counts for, beside its own: an empty one takes memory, too. */
const FRAGMENT_PRICE = 128;
/** The events that the agent may send against the expectation of the case. */
const MAX_UNEXPECTED_EVENTS = 10_000;

/** What the agent has sent so far. */
export interface AgentState {
  readonly events: AgentEvent[];
  /** The code in its Close frame: 1005 if the frame had none, undefined if no Close frame has arrived. */
  closeCode: number | undefined;
  /** Whether it has ended TCP. */
  ended: boolean;
  /** The first thing that it sent against the protocol. It fails the case. */
  violation: string | undefined;
}

/** The tester's end of an open connection. It sends any octets, and checks each frame that the agent sends. */
export class TestConnection {
  readonly agent: AgentState = {
    events: [],
    closeCode: undefined,
    ended: false,
    violation: undefined,
  };
  readonly #transport: Duplex;
  readonly #log: WireLog;
  /** Whether the tester is the client, and so masks its frames. */
  readonly #isClient: boolean;
  #chunks: Buffer[] = [];
  /** The octets in `#chunks`. */
  #received = 0;
  /** The octets that must be there before the next frame can be complete. */
  #needed = 2;
  #fragments: Uint8Array[] = [];
  /** The octets in `#fragments`. */
  #fragmented = 0;
  #unexpectedEvents = 0;
  /** The octets in unexpected events. */
  #unexpected = 0;
  /** Whether the agent has sent more than the tester keeps. Nothing is read after that. */
  #isOverfull = false;
  #messageType: 'text' | 'binary' | null = null;
  #isCompressed = false;
  readonly #deflate: TestDeflate | null;
  /** The events that the case expects. An equal event is replaced by the expected one, so that its payload is not kept twice. */
  expected: readonly AgentEvent[] = [];
  #wake: () => void = () => {};

  /** @param head octets that arrived after the opening handshake */
  constructor(transport: Duplex, head: Buffer, isClient: boolean, log: WireLog, deflate: TestDeflate | null = null) {
    this.#transport = transport;
    this.#deflate = deflate;
    this.#isClient = isClient;
    this.#log = log;
    (transport as Partial<{ setNoDelay(): void }>).setNoDelay?.();
    const onEnd = (): void => {
      if (!this.agent.ended) log.add('agent', 'ends TCP');
      this.agent.ended = true;
      this.#wake();
    };
    transport.on('end', onEnd);
    transport.on('close', onEnd);
    // A reset also ends TCP.
    transport.on('error', onEnd);
    transport.on('data', (chunk: Buffer) => this.#receive(chunk));
    if (head.length > 0) this.#receive(head);
  }

  /** Sends the frames of a step. Stops when the agent has ended TCP. */
  async send(step: Extract<Step, { send: unknown }>): Promise<void> {
    const { writeSize, part } = step;
    const frames = step.send.map((description) => {
      const bytes = frame(this.#isClient ? description : { mask: false, ...description });
      const sent = part === undefined ? bytes : cutPart(bytes, description, part);
      if (part === undefined) this.#log.addFrame('tester', this.#loggedFrame(description));
      else this.#log.add('tester', `${sent.length} octets: ${sent.toString('hex', 0, 64)}`);
      return sent;
    });
    for (const bytes of splitIntoWrites(writeSize, frames)) {
      // A peer that has ended TCP answers further octets with a reset, and the reset discards what it had sent before.
      if (this.agent.ended || (writeSize !== undefined && this.agent.closeCode !== undefined)) return;
      await this.#write(bytes);
      // Each write becomes a segment of its own, and what the agent sends in the meantime is read.
      if (writeSize !== undefined) await nextTurn();
    }
  }

  /** Compresses a message, and sends it. */
  async compress({ type, payload, frameSize }: Extract<Step, { compress: unknown }>['compress']): Promise<void> {
    const compressed = this.#deflate!.compress(payload);
    const opcode = type === 'text' ? Opcode.TEXT : Opcode.BINARY;
    const [first, ...rest] = splitIntoFrames(opcode, compressed, frameSize ?? compressed.length);
    // RFC 7692 §6: only the first frame has RSV1.
    await this.send({ send: [{ ...first!, rsv: RSV1 }, ...rest] });
  }

  /** Waits until the condition is true, the agent ends TCP, or the deadline passes. Returns whether the condition is true. */
  async until(condition: () => boolean, deadline: number): Promise<boolean> {
    while (!condition()) {
      const left = deadline - performance.now();
      if (this.agent.ended || left <= 0) return false;
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        timer = setTimeout(resolve, left);
      });
      clearTimeout(timer);
    }
    return true;
  }

  /** Ends the tester's direction of TCP. */
  end(): void {
    this.#transport.end();
  }

  destroy(): void {
    this.#transport.destroy();
  }

  #loggedFrame({ fin = true, rsv = 0, opcode, payload = '' }: FrameDescription): LoggedFrame {
    const octets = typeof payload === 'string' ? Buffer.from(payload) : payload;
    return { fin, rsv, opcode, masked: this.#isClient, payload: octets };
  }

  async #write(bytes: Buffer): Promise<void> {
    if (this.#transport.destroyed || !this.#transport.writable) return;
    await new Promise<void>((resolve) => this.#transport.write(bytes, () => resolve()));
  }

  #receive(chunk: Buffer): void {
    if (this.#isOverfull) return;
    this.#chunks.push(chunk);
    this.#received += chunk.length;
    // Concatenating at each chunk would take quadratic time for a long message.
    while (this.#received >= this.#needed && this.#received > 0) {
      const bytes = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks);
      const parsed = parseFrame(bytes);
      if (parsed === null) {
        this.#chunks = [bytes];
        this.#needed = Math.max(neededLength(bytes), this.#received + 1);
        if (this.#needed > MAX_LENGTH)
          this.#overflow(`a frame of at least ${this.#needed} bytes; expected at most ${MAX_LENGTH}`);
        break;
      }
      this.#chunks = parsed.rest.length === 0 ? [] : [parsed.rest];
      this.#received = parsed.rest.length;
      this.#needed = 2;
      this.#log.addFrame('agent', parsed.frame);
      this.#handleFrame(parsed.frame, bytes);
      if (this.#isOverfull) break;
    }
    this.#wake();
  }

  #handleFrame({ fin, rsv, opcode, masked, payload }: ParsedFrame, bytes: Buffer): void {
    const { agent } = this;
    if (agent.closeCode !== undefined)
      return this.#violated('a frame after its Close frame; expected none (RFC 6455 §5.5.1)');
    if (masked === this.#isClient) {
      return this.#violated(
        masked
          ? 'a masked frame; expected a server not to mask (RFC 6455 §5.1)'
          : 'an unmasked frame; expected a client to mask (RFC 6455 §5.1)',
      );
    }
    const mayBeCompressed = this.#deflate !== null && (opcode === Opcode.TEXT || opcode === Opcode.BINARY);
    if (rsv !== 0 && !(rsv === RSV1 && mayBeCompressed)) {
      return this.#violated(
        `reserved bits that no extension defines; expected 000; received ${reservedBits(rsv)} (RFC 6455 §5.2)`,
      );
    }
    if (!isMinimal(bytes, payload.length))
      return this.#violated('a payload length in a longer form than necessary (RFC 6455 §5.2)');
    if (isControl(opcode) && !fin) return this.#violated('a fragmented control frame (RFC 6455 §5.5)');
    if (isControl(opcode) && payload.length > MAX_CONTROL_PAYLOAD) {
      const lengths = `expected at most ${MAX_CONTROL_PAYLOAD} bytes; received ${payload.length}`;
      return this.#violated(`a control frame that is too long; ${lengths} (RFC 6455 §5.5)`);
    }
    switch (opcode) {
      case Opcode.TEXT:
      case Opcode.BINARY:
        if (this.#messageType !== null)
          return this.#violated('a new message within another one; expected a continuation frame (RFC 6455 §5.4)');
        this.#messageType = opcode === Opcode.TEXT ? 'text' : 'binary';
        this.#isCompressed = rsv === RSV1;
        return this.#addFragment(fin, payload);
      case Opcode.CONTINUATION:
        if (this.#messageType === null)
          return this.#violated('a continuation frame without a message to continue (RFC 6455 §5.4)');
        return this.#addFragment(fin, payload);
      case Opcode.PING:
      case Opcode.PONG:
        return this.#addEvent({ type: opcode === Opcode.PING ? 'ping' : 'pong', payload });
      case Opcode.CLOSE:
        if (payload.length === 1)
          return this.#violated('a Close frame with 1 byte; expected 0 or at least 2 (RFC 6455 §5.5.1)');
        agent.closeCode = payload.length === 0 ? CloseCode.NO_STATUS : payload.readUInt16BE();
        return;
      default:
        this.#violated(`the reserved opcode ${opcode} (RFC 6455 §5.2)`);
    }
  }

  #addFragment(fin: boolean, fragment: Uint8Array): void {
    this.#fragments.push(fragment);
    this.#fragmented += fragment.length;
    const size = this.#fragmented + this.#fragments.length * FRAGMENT_PRICE;
    if (size > MAX_LENGTH)
      return this.#overflow(`a message that takes at least ${size} bytes; expected at most ${MAX_LENGTH}`);
    if (!fin) return;
    const type = this.#messageType!;
    const payload = Buffer.concat(this.#fragments);
    this.#fragments = [];
    this.#fragmented = 0;
    this.#messageType = null;
    if (!this.#isCompressed) return this.#addEvent({ type, payload });
    try {
      this.#addEvent({ type, payload: this.#deflate!.decompress(payload) });
    } catch (error) {
      this.#violated(`a message that cannot be decompressed: ${(error as Error).message} (RFC 7692 §7.2)`);
    }
  }

  #addEvent(event: AgentEvent): void {
    const { events } = this.agent;
    const expected = this.expected[events.length];
    if (expected !== undefined && isSameEvent(event, expected)) return void events.push(expected);
    events.push(event);
    this.#unexpected += event.payload.length;
    if (++this.#unexpectedEvents > MAX_UNEXPECTED_EVENTS || this.#unexpected > MAX_LENGTH) {
      const what = `${this.#unexpectedEvents} unexpected messages with ${this.#unexpected} bytes`;
      this.#overflow(`${what}; expected at most ${MAX_UNEXPECTED_EVENTS} with ${MAX_LENGTH}`);
    }
  }

  /** Stops reading: the tester must not run out of memory because of an agent. */
  #overflow(violation: string): void {
    this.#violated(violation);
    this.#isOverfull = true;
    this.#chunks = [];
    this.#fragments = [];
  }

  #violated(what: string): void {
    this.agent.violation ??= what;
  }
}

/** The octets of a part of a frame. */
function cutPart(bytes: Buffer, { payload = '' }: FrameDescription, { start, end }: Part): Buffer {
  const header = bytes.length - Buffer.from(payload).length;
  return bytes.subarray(start === 0 ? 0 : header + start, end === undefined ? undefined : header + end);
}

/** The octets of each write. */
function splitIntoWrites(writeSize: 'frames' | number | undefined, frames: readonly Buffer[]): readonly Buffer[] {
  if (writeSize === 'frames') return frames;
  const bytes = Buffer.concat(frames);
  if (writeSize === undefined) return [bytes];
  const count = Math.ceil(bytes.length / writeSize);
  return Array.from({ length: count }, (_, index) => bytes.subarray(index * writeSize, (index + 1) * writeSize));
}

export function isSameEvent(one: AgentEvent, other: AgentEvent): boolean {
  return one === other || (one.type === other.type && Buffer.compare(one.payload, other.payload) === 0);
}

/** The length of the frame that starts here, or of as much of its header as determines it. */
function neededLength(bytes: Buffer): number {
  if (bytes.length < 2) return 2;
  const field = bytes[1]! & 0x7f;
  const mask = bytes[1]! & 0x80 ? 4 : 0;
  if (field < 126) return 2 + mask + field;
  if (field === 126) return bytes.length < 4 ? 4 : 4 + mask + bytes.readUInt16BE(2);
  return bytes.length < 10 ? 10 : 10 + mask + Number(bytes.readBigUInt64BE(2));
}

/** RFC 6455 §5.2: "the minimal number of bytes MUST be used to encode the length". */
function isMinimal(bytes: Buffer, length: number): boolean {
  const field = bytes[1]! & 0x7f;
  return field < 126 || (field === 126 ? length > 125 : length > 0xffff);
}
