/** The words in which cases are written. */
import type { AgentEvent, Ending, Expectation } from '../case.ts';
import type { FrameDescription } from '../frames.ts';
import { Opcode } from '../protocol.ts';

export const NORMAL = 1000;
export const PROTOCOL_ERROR = 1002;
export const INVALID_DATA = 1007;

export function text(payload: string | Uint8Array, more: Partial<FrameDescription> = {}): FrameDescription {
  return { opcode: Opcode.TEXT, payload, ...more };
}

export function binary(payload: string | Uint8Array, more: Partial<FrameDescription> = {}): FrameDescription {
  return { opcode: Opcode.BINARY, payload, ...more };
}

export function continuation(payload: string | Uint8Array, more: Partial<FrameDescription> = {}): FrameDescription {
  return { opcode: Opcode.CONTINUATION, payload, ...more };
}

export function ping(payload: string | Uint8Array = '', more: Partial<FrameDescription> = {}): FrameDescription {
  return { opcode: Opcode.PING, payload, ...more };
}

export function pong(payload: string | Uint8Array = '', more: Partial<FrameDescription> = {}): FrameDescription {
  return { opcode: Opcode.PONG, payload, ...more };
}

/** A Close frame; without a code, an empty one. */
export function close(code?: number, reason: string | Uint8Array = ''): FrameDescription {
  if (code === undefined) return { opcode: Opcode.CLOSE };
  return { opcode: Opcode.CLOSE, payload: Buffer.concat([Buffer.of(code >> 8, code & 0xff), Buffer.from(reason)]) };
}

export function echoed(type: 'text' | 'binary', payload: string | Uint8Array): AgentEvent {
  return { type, payload: Buffer.from(payload) };
}

export function ponged(payload: string | Uint8Array = ''): AgentEvent {
  return { type: 'pong', payload: Buffer.from(payload) };
}

/** The connection goes on, until the tester closes it. */
export function answers(...events: readonly AgentEvent[]): Expectation {
  return { events, ending: 'clean' };
}

/** The agent fails the connection: with a Close frame of that code, or by ending TCP. */
export function fails(codes: number | readonly number[], ...events: readonly AgentEvent[]): Expectation {
  return { events, ending: { failed: [codes].flat() } };
}

/** The agent answers the tester's Close frame with one of these codes. */
export function closes(codes: number | readonly number[], ...events: readonly AgentEvent[]): Expectation {
  const ending: Ending = { closed: [codes].flat() };
  return { events, ending };
}

/** The frames of a message that is cut into fragments of so many bytes. */
export function fragments(opcode: number, payload: Buffer, size: number): FrameDescription[] {
  const count = Math.max(1, Math.ceil(payload.length / Math.max(1, size)));
  return Array.from({ length: count }, (_, index) => ({
    opcode: index === 0 ? opcode : Opcode.CONTINUATION,
    fin: index === count - 1,
    payload: payload.subarray(index * size, (index + 1) * size),
  }));
}
