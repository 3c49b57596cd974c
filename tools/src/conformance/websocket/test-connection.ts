import type { Duplex } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { LoggedFrame, WireLog } from '../wire-log.ts';
import type { AgentEvent, Part, Step } from './case.ts';
import { fragments } from './cases/dsl.ts';
import { type FrameDescription, frame, parseFrame } from './frames.ts';
import { CloseCode, isControl, MAX_CONTROL_PAYLOAD, Opcode, RSV1 } from './protocol.ts';
import type { TestDeflate } from './test-deflate.ts';

/** What the agent has done so far. */
export interface AgentState {
  readonly events: AgentEvent[];
  /** The code of its Close frame, 1005 without one; undefined if it has sent none. */
  closeCode: number | undefined;
  /** Whether it has ended TCP. */
  ended: boolean;
  /** What it has sent that no frame may be: it fails the case. */
  violation: string | undefined;
}

/** The tester's end of an open connection: it sends anything, and looks closely at what comes. */
export class TestConnection {
  readonly agent: AgentState = {
    events: [],
    closeCode: undefined,
    ended: false,
    violation: undefined,
  };
  readonly #transport: Duplex;
  readonly #log: WireLog;
  /** Whether the tester is the client, which masks. */
  readonly #isClient: boolean;
  #chunks: Buffer[] = [];
  #length = 0;
  /** Octets that there must be before a frame can be whole. */
  #needed = 2;
  #fragments: Uint8Array[] = [];
  #messageType: 'text' | 'binary' | null = null;
  #compressed = false;
  readonly #deflate: TestDeflate | null;
  /** What the agent should send: of what is equal, only this is kept. */
  expected: readonly AgentEvent[] = [];
  #wake: () => void = () => {};

  /** @param head octets that came behind the opening handshake */
  constructor(transport: Duplex, head: Buffer, isClient: boolean, log: WireLog, deflate: TestDeflate | null = null) {
    this.#transport = transport;
    this.#deflate = deflate;
    this.#isClient = isClient;
    this.#log = log;
    (transport as Partial<{ setNoDelay(): void }>).setNoDelay?.();
    const ended = (): void => {
      if (!this.agent.ended) log.add('agent', 'ends TCP');
      this.agent.ended = true;
      this.#wake();
    };
    transport.on('end', ended);
    transport.on('close', ended);
    // A reset is an end, too.
    transport.on('error', ended);
    transport.on('data', (chunk: Buffer) => this.#receive(chunk));
    if (head.length > 0) this.#receive(head);
  }

  /** Sends what a step says; what the agent no longer takes is lost. */
  async send(step: Extract<Step, { send: unknown }>): Promise<void> {
    const { writeSize, part } = step;
    const frames = step.send.map((description) => {
      const bytes = frame(this.#isClient ? description : { mask: false, ...description });
      const sent = part === undefined ? bytes : cut(bytes, description, part);
      if (part === undefined) this.#log.addFrame('tester', this.#described(description));
      else this.#log.add('tester', `${sent.length} octets: ${sent.toString('hex', 0, 64)}`);
      return sent;
    });
    for (const one of cutInto(writeSize, frames)) {
      // A peer that has ended TCP resets it for more, and what it had sent before might be lost.
      if (this.agent.ended || (writeSize !== undefined && this.agent.closeCode !== undefined)) return;
      await this.#write(one);
      // So that each is a segment of its own, and what comes meanwhile is read.
      if (writeSize !== undefined) await nextTurn();
    }
  }

  /** Sends a message, compressed. */
  async compress({ type, payload, frameSize }: Extract<Step, { compress: unknown }>['compress']): Promise<void> {
    const compressed = this.#deflate!.compress(payload);
    const opcode = type === 'text' ? Opcode.TEXT : Opcode.BINARY;
    const [first, ...rest] = fragments(opcode, compressed, frameSize ?? compressed.length);
    // RFC 7692 §6: RSV1 on the first frame alone.
    await this.send({ send: [{ ...first!, rsv: RSV1 }, ...rest] });
  }

  /** Waits until it is true, or the agent can do nothing more, or the time is over; returns whether it is true. */
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

  /** Ends our direction of TCP. */
  end(): void {
    this.#transport.end();
  }

  destroy(): void {
    this.#transport.destroy();
  }

  #described({ fin = true, rsv = 0, opcode, payload = '' }: FrameDescription): LoggedFrame {
    const octets = typeof payload === 'string' ? Buffer.from(payload) : payload;
    return { fin, rsv, opcode, masked: this.#isClient, payload: octets };
  }

  async #write(bytes: Buffer): Promise<void> {
    if (this.#transport.destroyed || !this.#transport.writable) return;
    await new Promise<void>((resolve) => this.#transport.write(bytes, () => resolve()));
  }

  #receive(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    // Putting all together for each chunk would take quadratic time for a long message.
    while (this.#length >= this.#needed && this.#length > 0) {
      const bytes = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks);
      const parsed = parseFrame(bytes);
      if (parsed === null) {
        this.#chunks = [bytes];
        this.#needed = Math.max(neededLength(bytes), this.#length + 1);
        break;
      }
      this.#chunks = parsed.rest.length === 0 ? [] : [parsed.rest];
      this.#length = parsed.rest.length;
      this.#needed = 2;
      this.#log.addFrame('agent', parsed.frame);
      this.#take(parsed.frame, bytes);
    }
    this.#wake();
  }

  #take({ fin, rsv, opcode, masked, payload }: ReturnedFrame, bytes: Buffer): void {
    const { agent } = this;
    if (agent.closeCode !== undefined) return this.#violated('a frame after its Close frame (RFC 6455 §5.5.1)');
    if (masked === this.#isClient) {
      return this.#violated(masked ? 'a masked frame of a server (§5.1)' : 'a frame of a client without a mask (§5.1)');
    }
    const mayBeCompressed = this.#deflate !== null && (opcode === Opcode.TEXT || opcode === Opcode.BINARY);
    if (rsv !== 0 && !(rsv === RSV1 && mayBeCompressed)) {
      return this.#violated('a reserved bit without an extension that gives it a meaning (§5.2)');
    }
    if (!isMinimal(bytes, payload.length)) return this.#violated('a length that is not in its shortest form (§5.2)');
    if (isControl(opcode) && (!fin || payload.length > MAX_CONTROL_PAYLOAD)) {
      return this.#violated('a control frame in fragments, or longer than 125 octets (§5.5)');
    }
    switch (opcode) {
      case Opcode.TEXT:
      case Opcode.BINARY:
        if (this.#messageType !== null) return this.#violated('a new message within another (§5.4)');
        this.#messageType = opcode === Opcode.TEXT ? 'text' : 'binary';
        this.#compressed = rsv === RSV1;
        return this.#takeFragment(fin, payload);
      case Opcode.CONTINUATION:
        if (this.#messageType === null) return this.#violated('a continuation of nothing (§5.4)');
        return this.#takeFragment(fin, payload);
      case Opcode.PING:
      case Opcode.PONG:
        return this.#tell({ type: opcode === Opcode.PING ? 'ping' : 'pong', payload });
      case Opcode.CLOSE:
        if (payload.length === 1) return this.#violated('a Close frame with half a code (§5.5.1)');
        agent.closeCode = payload.length === 0 ? CloseCode.NO_STATUS : payload.readUInt16BE();
        return;
      default:
        this.#violated(`the reserved opcode ${opcode} (§5.2)`);
    }
  }

  #takeFragment(fin: boolean, fragment: Uint8Array): void {
    this.#fragments.push(fragment);
    if (!fin) return;
    const type = this.#messageType!;
    const payload = Buffer.concat(this.#fragments);
    this.#fragments = [];
    this.#messageType = null;
    if (!this.#compressed) return this.#tell({ type, payload });
    try {
      this.#tell({ type, payload: this.#deflate!.decompress(payload) });
    } catch (error) {
      this.#violated(`a compressed message that is not valid: ${(error as Error).message} (RFC 7692 §7.2)`);
    }
  }

  #tell(event: AgentEvent): void {
    const { events } = this.agent;
    const wanted = this.expected[events.length];
    events.push(wanted !== undefined && isSame(event, wanted) ? wanted : event);
  }

  #violated(what: string): void {
    this.agent.violation ??= what;
  }
}

function cut(bytes: Buffer, { payload = '' }: FrameDescription, { start, end }: Part): Buffer {
  const header = bytes.length - Buffer.from(payload).length;
  return bytes.subarray(start === 0 ? 0 : header + start, end === undefined ? undefined : header + end);
}

/** What goes into one write each. */
function cutInto(writeSize: 'frames' | number | undefined, frames: readonly Buffer[]): readonly Buffer[] {
  if (writeSize === 'frames') return frames;
  const bytes = Buffer.concat(frames);
  if (writeSize === undefined) return [bytes];
  const count = Math.ceil(bytes.length / writeSize);
  return Array.from({ length: count }, (_, index) => bytes.subarray(index * writeSize, (index + 1) * writeSize));
}

export function isSame(one: AgentEvent, other: AgentEvent): boolean {
  return one === other || (one.type === other.type && Buffer.compare(one.payload, other.payload) === 0);
}

type ReturnedFrame = NonNullable<ReturnType<typeof parseFrame>>['frame'];

/** Octets of the frame that begins here, as far as its header tells. */
function neededLength(bytes: Buffer): number {
  if (bytes.length < 2) return 2;
  const field = bytes[1]! & 0x7f;
  const mask = bytes[1]! & 0x80 ? 4 : 0;
  if (field < 126) return 2 + mask + field;
  if (field === 126) return bytes.length < 4 ? 4 : 4 + mask + bytes.readUInt16BE(2);
  return bytes.length < 10 ? 10 : 10 + mask + Number(bytes.readBigUInt64BE(2));
}

function isMinimal(bytes: Buffer, length: number): boolean {
  const field = bytes[1]! & 0x7f;
  return field < 126 || (field === 126 ? length > 125 : length > 0xffff);
}
