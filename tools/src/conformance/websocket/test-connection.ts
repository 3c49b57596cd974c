import type { Duplex } from 'node:stream';
import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises';
import type { ClosingRecord } from '../verdict.ts';
import type { WireLog } from '../wire-log.ts';
import type { AgentState } from './agent-state.ts';
import type { DataEvent, Step } from './case.ts';
import { close, pong } from './cases/dsl.ts';
import { type FrameDescription, splitIntoFrames } from './frames.ts';
import { Incoming } from './incoming.ts';
import { encode, endOfFrame, nextWriteEnd, outgoingBytes } from './outgoing-bytes.ts';
import { CloseCode, Opcode, RSV1 } from './protocol.ts';
import type { TestDeflate } from './test-deflate.ts';

/** Milliseconds between two octets of a header, so that an agent that is busy reads them one by one. */
const PAUSE = 10;

/**
 * The tester's end of an open connection. It sends any octets, checks each frame that the agent sends, and does what an endpoint
 * must do: it answers pings (RFC 6455 §5.5.2) and the agent's Close frame (§5.5.1).
 */
export class TestConnection {
  readonly agent: AgentState;
  readonly #transport: Duplex;
  readonly #log: WireLog;
  /** Whether the tester is the client, and so masks its frames. */
  readonly #isClient: boolean;
  readonly #deflate: TestDeflate | null;
  readonly #incoming: Incoming;
  readonly #sentPings: Uint8Array[] = [];
  readonly #sentPongs: Uint8Array[] = [];
  /** Whether only a part of a frame has been sent. An answer must not be sent within it. */
  #isWithinFrame = false;
  /** Answers that wait for the end of the frame. */
  #waiting: FrameDescription[] = [];
  /** The code in the tester's Close frame: 1005 if the frame had none, null if no Close frame has been sent. */
  #closeCode: number | null = null;
  #firstClose: ClosingRecord['firstClose'] = null;
  #tcpEndedBy: ClosingRecord['tcpEndedBy'] = null;
  #isDestroyed = false;
  #wake: () => void = () => {};

  /** @param head octets that arrived after the opening handshake */
  constructor(transport: Duplex, head: Buffer, isClient: boolean, log: WireLog, deflate: TestDeflate | null = null) {
    this.#transport = transport;
    this.#deflate = deflate;
    this.#isClient = isClient;
    this.#log = log;
    const sent = { pings: this.#sentPings, pongs: this.#sentPongs };
    this.#incoming = new Incoming(log, isClient, deflate, sent, {
      onPing: (payload) => this.#answerPing(payload),
      onClose: (code) => this.#answerClose(code),
    });
    this.agent = this.#incoming.agent;
    (transport as Partial<{ setNoDelay(): void }>).setNoDelay?.();
    transport.on('end', () => this.#onEnd('ends TCP'));
    transport.on('close', () => this.#onEnd('ends TCP'));
    transport.on('error', () => {
      this.agent.reset ||= !this.agent.ended;
      this.#onEnd('resets TCP');
    });
    transport.on('data', (chunk: Buffer) => this.#receive(chunk));
    if (head.length > 0) this.#receive(head);
    transport.resume();
  }

  /** The messages that the case expects. */
  set expected(messages: readonly DataEvent[]) {
    this.#incoming.expected = messages;
  }

  /** How the connection has ended so far. */
  closing(timedOut: string): ClosingRecord {
    const { closeCode = null, closeReason, reset } = this.agent;
    return {
      firstClose: this.#firstClose,
      testerCode: this.#closeCode,
      agentCode: closeCode,
      agentReason: closeReason,
      tcpEndedBy: this.#tcpEndedBy,
      reset,
      timedOut,
    };
  }

  /** Sends the frames of a step. Stops when the agent has sent a Close frame, or has ended TCP. */
  async send({ send: frames, writeSize, part }: Extract<Step, { send: unknown }>): Promise<void> {
    const outgoing = outgoingBytes(frames, part, this.#isClient);
    const { bytes, starts, ends } = outgoing;
    let position = 0;
    let logged = 0;
    while (position < bytes.length) {
      // A peer that has ended TCP answers further octets with a reset, and the reset discards what it had sent before.
      if (this.agent.ended) return;
      const isLast = this.agent.closeCode !== undefined;
      // RFC 6455 §5.5.1: no data frame follows the tester's answer to the agent's Close frame. A frame that has begun is completed.
      if (isLast && !this.#isWithinFrame) return;
      const end = isLast ? endOfFrame(outgoing, position) : nextWriteEnd(outgoing, position, writeSize);
      for (; logged < starts.length && starts[logged]! < end; logged++) this.#note(frames[logged]!, part !== undefined);
      if (part !== undefined) this.#log.add('tester', `a part of a frame: ${bytes.toString('hex', 0, 64)}`);
      this.#isWithinFrame = !ends.includes(end);
      await this.#write(bytes.subarray(position, end));
      position = end;
      this.#sendWaiting();
      // Each write becomes a segment of its own, and what the agent sends in the meantime is read.
      if (writeSize === 'headers') await wait(PAUSE);
      else if (writeSize !== undefined) await nextTurn();
    }
  }

  /** Compresses a message, and sends it. */
  async compress({ type, payload, frameSize }: Extract<Step, { compress: unknown }>['compress']): Promise<void> {
    const compressed = this.#deflate!.compress(payload);
    this.#log.addCompressed('tester', payload.length, compressed.length);
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
    if (this.#tcpEndedBy === null) this.#log.add('tester', 'ends TCP');
    this.#tcpEndedBy ??= 'tester';
    this.#transport.end();
  }

  destroy(): void {
    this.#tcpEndedBy ??= 'tester';
    this.#isDestroyed = true;
    this.#transport.destroy();
  }

  #receive(chunk: Buffer): void {
    this.#incoming.push(chunk);
    this.#wake();
  }

  #onEnd(what: string): void {
    // The tester's own end is not the agent's.
    if (this.#isDestroyed) return this.#wake();
    if (!this.agent.ended) {
      this.#log.add('agent', what);
      this.#incoming.end();
    }
    this.agent.ended = true;
    this.#tcpEndedBy ??= 'agent';
    this.#wake();
  }

  /** RFC 6455 §5.5.2: "an endpoint MUST send a Pong frame in response, unless it already received a Close frame". */
  #answerPing(payload: Uint8Array): void {
    if (this.agent.closeCode === undefined) this.#answer(pong(payload));
  }

  /** RFC 6455 §5.5.1: "the endpoint MUST send a Close frame in response" if it did not send one before. */
  #answerClose(code: number): void {
    this.#firstClose ??= 'agent';
    if (this.#closeCode === null) this.#answer(code === CloseCode.NO_STATUS ? close() : close(code));
  }

  #answer(description: FrameDescription): void {
    this.#waiting.push(description);
    this.#sendWaiting();
  }

  #sendWaiting(): void {
    if (this.#isWithinFrame) return;
    for (const description of this.#waiting.splice(0)) {
      this.#note(description, false, true);
      void this.#write(encode(description, this.#isClient));
    }
  }

  /** Records that a frame is sent. */
  #note(description: FrameDescription, isPart: boolean, isAnswer = false): void {
    const { fin = true, rsv = 0, opcode, payload = '', isMaskedWrongly = false } = description;
    const octets = typeof payload === 'string' ? Buffer.from(payload) : payload;
    const masked = this.#isClient !== isMaskedWrongly;
    if (!isPart) this.#log.addFrame('tester', { fin, rsv, opcode, masked, payload: octets });
    if (opcode === Opcode.PING) this.#sentPings.push(octets);
    if (opcode === Opcode.PONG && !isAnswer) this.#sentPongs.push(octets);
    if (opcode !== Opcode.CLOSE || this.#closeCode !== null) return;
    this.#firstClose ??= 'tester';
    this.#closeCode = octets.length < 2 ? CloseCode.NO_STATUS : (octets[0]! << 8) | octets[1]!;
  }

  async #write(bytes: Buffer): Promise<void> {
    if (this.#transport.destroyed || !this.#transport.writable) return;
    await new Promise<void>((resolve) => this.#transport.write(bytes, () => resolve()));
  }
}
