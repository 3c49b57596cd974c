/** Short names for the frames and expectations that cases consist of. */
import type { AgentEvent, Expectation } from '../case.ts';
import { closePayload, type FrameDescription } from '../frames.ts';
import { Opcode } from '../protocol.ts';

type Payload = string | Uint8Array;
type Changes = Partial<FrameDescription>;

export function text(payload: Payload, changes: Changes = {}): FrameDescription {
  return { opcode: Opcode.TEXT, payload, ...changes };
}

export function binary(payload: Payload, changes: Changes = {}): FrameDescription {
  return { opcode: Opcode.BINARY, payload, ...changes };
}

export function continuation(payload: Payload, changes: Changes = {}): FrameDescription {
  return { opcode: Opcode.CONTINUATION, payload, ...changes };
}

export function ping(payload: Payload = '', changes: Changes = {}): FrameDescription {
  return { opcode: Opcode.PING, payload, ...changes };
}

export function pong(payload: Payload = '', changes: Changes = {}): FrameDescription {
  return { opcode: Opcode.PONG, payload, ...changes };
}

/** A Close frame. Without a code, its payload is empty. */
export function close(code?: number, reason: Payload = ''): FrameDescription {
  return { opcode: Opcode.CLOSE, ...(code !== undefined && { payload: closePayload(code, reason) }) };
}

function octetsOf(payload: Payload): Uint8Array {
  return typeof payload === 'string' ? Buffer.from(payload) : payload;
}

/** The message that the agent echoes. */
export function echoOf(type: 'text' | 'binary', payload: Payload): AgentEvent {
  return { type, payload: octetsOf(payload) };
}

/** The pong with which the agent answers a ping. */
export function pongOf(payload: Payload = ''): AgentEvent {
  return { type: 'pong', payload: octetsOf(payload) };
}

/** The agent sends these events, and keeps the connection open until the tester closes it. */
export function expectReplies(...events: readonly AgentEvent[]): Expectation {
  return { events, ending: 'clean' };
}

/** The agent fails the connection: it sends a Close frame with one of these codes, or only ends TCP. */
export function expectFailure(codes: number | readonly number[], ...events: readonly AgentEvent[]): Expectation {
  return { events, ending: { failed: [codes].flat() } };
}

/** The agent answers the tester's Close frame with one of these codes. */
export function expectClose(codes: number | readonly number[], ...events: readonly AgentEvent[]): Expectation {
  return { events, ending: { closed: [codes].flat() } };
}
