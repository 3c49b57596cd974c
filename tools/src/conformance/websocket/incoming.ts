import { byteCount, payloadText } from '../payload-text.ts';
import type { WireLog } from '../wire-log.ts';
import { type AgentState, newAgentState } from './agent-state.ts';
import type { DataEvent } from './case.ts';
import type { ParsedFrame } from './frames.ts';
import { mayBeSent } from './grades.ts';
import { IncomingFrames, MAX_LENGTH } from './incoming-frames.ts';
import { CloseCode, isControl, MAX_CONTROL_PAYLOAD, Opcode, RSV1, reservedBits } from './protocol.ts';
import { quote, SENTENCES, type Sentence } from './sentences.ts';
import type { TestDeflate } from './test-deflate.ts';

/** The octets that a fragment counts for, beside its own: an empty one takes memory, too. */
const FRAGMENT_PRICE = 128;
/** The messages that the agent may send against the expectation of the case. */
const MAX_UNEXPECTED_MESSAGES = 10_000;
/** The pings and pongs that the agent may send during a case. */
const MAX_CONTROL_FRAMES = 100_000;

/** The masking keys of the agent that are kept. */
const MAX_KEYS = 16;

/** What the tester sent that matters for what it receives. */
export interface SentSoFar {
  /** The payloads of its pings. */
  readonly pings: Uint8Array[];
  /** The payloads of its pongs that answer no ping. */
  readonly pongs: Uint8Array[];
}

/** What the tester answers. */
export interface Answers {
  onPing(payload: Uint8Array): void;
  onClose(code: number): void;
}

/** Checks each frame of the agent, and records what the agent sends. */
export class Incoming {
  readonly agent: AgentState = newAgentState();
  /** The messages that the case expects. An equal message is replaced by the expected one, so that its payload is not kept twice. */
  expected: readonly DataEvent[] = [];
  readonly #log: WireLog;
  /** Whether the agent is the server, and so does not mask its frames. */
  readonly #isServer: boolean;
  readonly #deflate: TestDeflate | null;
  readonly #sent: SentSoFar;
  readonly #answers: Answers;
  readonly #frames: IncomingFrames = new IncomingFrames(
    (frame, isMinimal) => this.#handle(frame, isMinimal),
    (violation) => this.#overflow(violation),
  );
  #messageType: 'text' | 'binary' | null = null;
  #isCompressed = false;
  #fragments: Uint8Array[] = [];
  /** The octets in `#fragments`. */
  #fragmented = 0;
  #unexpectedMessages = 0;
  /** The octets in unexpected messages. */
  #unexpected = 0;
  /** The latest of the tester's pings that the agent has answered. */
  #lastPing = -1;

  constructor(log: WireLog, isServer: boolean, deflate: TestDeflate | null, sent: SentSoFar, answers: Answers) {
    this.#log = log;
    this.#isServer = isServer;
    this.#deflate = deflate;
    this.#sent = sent;
    this.#answers = answers;
  }

  push(chunk: Buffer): void {
    this.#frames.push(chunk);
  }

  /** Handles the end of TCP. */
  end(): void {
    const { incomplete } = this.#frames;
    if (this.agent.closeCode === undefined || incomplete === 0 || this.agent.reset) return;
    const what = `${byteCount(incomplete)} after its Close frame, which are not a complete frame`;
    this.#violated(`${what}; expected none`, SENTENCES.noDataAfterClose);
  }

  #handle(frame: ParsedFrame, isMinimal: boolean): void {
    const { fin, rsv, opcode, payload } = frame;
    this.#log.addFrame('agent', frame);
    if (frame.key !== undefined && this.agent.keys.length < MAX_KEYS) this.agent.keys.push(frame.key);
    const wrong = this.#checkHeader(frame, isMinimal);
    if (wrong !== null) return this.#violated(...wrong);
    switch (opcode) {
      case Opcode.TEXT:
      case Opcode.BINARY:
        if (this.#messageType !== null) {
          return this.#violated(
            'a new message within another one; expected a continuation frame',
            SENTENCES.interleaved,
          );
        }
        this.#messageType = opcode === Opcode.TEXT ? 'text' : 'binary';
        this.#isCompressed = rsv === RSV1;
        return this.#addFragment(fin, payload);
      case Opcode.CONTINUATION:
        if (this.#messageType !== null) return this.#addFragment(fin, payload);
        return this.#violated(
          'a continuation frame without a message to continue; expected a text or binary frame',
          SENTENCES.fragmentedMessage,
        );
      case Opcode.PING:
        if (++this.agent.pings > MAX_CONTROL_FRAMES) return this.#overflow(`more than ${MAX_CONTROL_FRAMES} pings`);
        return this.#answers.onPing(payload);
      case Opcode.PONG:
        return this.#addPong(payload);
      case Opcode.CLOSE:
        return this.#addClose(payload);
      default:
        this.#violated(`the reserved opcode ${opcode}; expected a defined one`, SENTENCES.opcode);
    }
  }

  /** What is wrong with the header of a frame; null if nothing is. */
  #checkHeader({ fin, rsv, opcode, masked, payload }: ParsedFrame, isMinimal: boolean): [string, Sentence] | null {
    // RFC 6455 §5.5.2: pings and pongs are allowed up to the end of the connection.
    if (this.agent.closeCode !== undefined && opcode !== Opcode.PING && opcode !== Opcode.PONG) {
      if (opcode === Opcode.CLOSE) return ['a second Close frame; expected one', SENTENCES.oneClose];
      return [
        `a frame after its Close frame; expected none; received ${payloadText(payload)}`,
        SENTENCES.noDataAfterClose,
      ];
    }
    if (masked === this.#isServer) {
      return masked
        ? ['a masked frame; expected a server not to mask', SENTENCES.serverMask]
        : ['an unmasked frame; expected a client to mask', SENTENCES.clientMask];
    }
    const mayBeCompressed = this.#deflate !== null && (opcode === Opcode.TEXT || opcode === Opcode.BINARY);
    if (rsv !== 0 && !(rsv === RSV1 && mayBeCompressed)) {
      const bits = `expected 000; received ${reservedBits(rsv)}`;
      return [`reserved bits that no extension defines; ${bits}`, SENTENCES.sentReservedBits];
    }
    if (!isMinimal)
      return ['a payload length that is not encoded in the minimal number of bytes', SENTENCES.minimalLength];
    if (!isControl(opcode)) return null;
    if (!fin) return ['a fragmented control frame; expected an unfragmented one', SENTENCES.controlFrame];
    if (payload.length <= MAX_CONTROL_PAYLOAD) return null;
    const lengths = `expected at most ${MAX_CONTROL_PAYLOAD} bytes; received ${payload.length}`;
    return [`a control frame that is too long; ${lengths}`, SENTENCES.controlFrame];
  }

  #addFragment(fin: boolean, fragment: Uint8Array): void {
    this.#fragments.push(fragment);
    this.#fragmented += fragment.length;
    const size = this.#fragmented + this.#fragments.length * FRAGMENT_PRICE;
    if (size > MAX_LENGTH) {
      return this.#overflow(`a message that takes at least ${size} bytes; expected at most ${MAX_LENGTH}`);
    }
    if (!fin) return;
    const type = this.#messageType!;
    const payload = Buffer.concat(this.#fragments);
    this.#fragments = [];
    this.#fragmented = 0;
    this.#messageType = null;
    if (!this.#isCompressed) return this.#addMessage({ type, payload });
    try {
      const decompressed = this.#deflate!.decompress(payload);
      this.#log.addCompressed('agent', decompressed.length, payload.length);
      this.#addMessage({ type, payload: decompressed });
    } catch (error) {
      this.#violated(
        `a message that cannot be decompressed: ${(error as Error).message}; received ${payloadText(payload)}`,
        SENTENCES.compression,
      );
    }
  }

  #addMessage(message: DataEvent): void {
    const { messages } = this.agent;
    const expected = this.expected[messages.length];
    if (expected !== undefined && isSameMessage(message, expected)) return void messages.push(expected);
    messages.push(message);
    this.#unexpected += message.payload.length;
    if (++this.#unexpectedMessages > MAX_UNEXPECTED_MESSAGES || this.#unexpected > MAX_LENGTH) {
      const what = `${this.#unexpectedMessages} unexpected messages with ${byteCount(this.#unexpected)}`;
      this.#overflow(`${what}; expected at most ${MAX_UNEXPECTED_MESSAGES} with ${MAX_LENGTH}`);
    }
  }

  /** RFC 6455 §5.5.3: a pong answers a ping, or is unsolicited. */
  #addPong(payload: Uint8Array): void {
    const { agent } = this;
    const { pings, pongs } = this.#sent;
    const isSame = (sent: Uint8Array): boolean => Buffer.compare(sent, payload) === 0;
    let ping = pings.findIndex((sent, index) => index > this.#lastPing && isSame(sent));
    const isOutOfOrder = ping === -1;
    if (ping === -1) {
      ping = pings.findIndex((sent, index) => isSame(sent) && agent.pongs.every((pong) => pong.ping !== index));
    }
    if (ping === -1) {
      if (++agent.unsolicitedPongs > MAX_CONTROL_FRAMES) this.#overflow(`more than ${MAX_CONTROL_FRAMES} pongs`);
      agent.lastUnsolicitedPong = payload;
      // An empty pong may be a heartbeat of the agent.
      if (payload.length > 0 && pongs.some(isSame)) agent.repeatedPong ??= payload;
      return;
    }
    this.#lastPing = Math.max(this.#lastPing, ping);
    const isAfterClose = agent.closeCode !== undefined;
    agent.pongs.push({ payload, ping, messagesBefore: agent.messages.length, isOutOfOrder, isAfterClose });
  }

  #addClose(payload: Buffer): void {
    const { agent } = this;
    if (payload.length === 1) {
      return this.#violated(
        `a Close frame with 1 byte; expected 0 or at least 2; received ${payloadText(payload)}`,
        SENTENCES.closeBody,
      );
    }
    agent.closeCode = payload.length === 0 ? CloseCode.NO_STATUS : payload.readUInt16BE();
    const reason = payload.subarray(2);
    agent.closeReason = reason.toString();
    if (Buffer.compare(Buffer.from(agent.closeReason), reason) !== 0) {
      this.#violated(`a close reason that is not UTF-8; received ${payloadText(reason)}`, SENTENCES.closeReason);
    }
    this.#answers.onClose(mayBeSent(agent.closeCode) ? agent.closeCode : CloseCode.NO_STATUS);
  }

  /** Stops reading: the tester must not run out of memory because of an agent. */
  #overflow(violation: string): void {
    this.agent.violation ??= violation;
    this.#frames.stop();
    this.#fragments = [];
  }

  #violated(what: string, sentence: Sentence): void {
    this.agent.violation ??= `${what} (${quote(sentence)})`;
  }
}

export function isSameMessage(one: DataEvent, other: DataEvent): boolean {
  return one === other || (one.type === other.type && Buffer.compare(one.payload, other.payload) === 0);
}
