import { randomBytes } from 'node:crypto';
import { frame } from '../websocket/frames.ts';

/** The behaviour of an agent. A mutant changes some of these properties. */
export interface Behaviour {
  /** Returns the echo to a message, or null for none. */
  readonly echo: (opcode: number, payload: Buffer) => { opcode: number; payload: Buffer } | null;
  readonly encode: (opcode: number, payload: Buffer, isServer: boolean) => Buffer;
  readonly pong: (payload: Buffer, number: number) => Buffer | null;
  readonly answersPongs: boolean;
  /** Whether it sends pongs only after the current message is complete. */
  readonly delaysPongs: boolean;
  readonly maxControlPayload: number;
  /** The reserved bits that make it fail the connection. */
  readonly checkedBits: number;
  readonly checksBitsOfControlFrames: boolean;
  readonly checksMask: boolean | 'first frame';
  /** The opcode of frames whose reserved bits it does not check. */
  readonly uncheckedOpcode: number | null;
  readonly maxPong: number;
  readonly takesCloseFragments: boolean;
  /** The masking key that it uses in place of the received one. */
  readonly keyFor: (key: Buffer) => Buffer;
  readonly lengthOf: (length: bigint) => number;
  /** Whether it fails the connection if only a part of a header arrives, and has at least this many octets. */
  readonly shortestPart: number;
  /** Whether it forgets an incomplete code point at a ping. */
  readonly pingBreaksText: boolean;
  readonly takesOneMessagePerChunk: boolean;
  /** How it handles a reserved opcode. */
  readonly reserved: 'fail' | 'ignore' | 'as text';
  readonly takesControlFragments: boolean;
  readonly lone: 'fail' | 'ignore' | 'as text';
  readonly nested: 'fail' | 'replace';
  readonly echoesFragments: boolean;
  readonly pingBreaksMessage: boolean;
  /** When it validates UTF-8: as bytes arrive, for each frame, for each part that arrives, for each message, or never. */
  readonly utf8: 'as it comes' | 'each frame' | 'each part' | 'at the end' | 'never';
  readonly isValidText: (payload: Buffer) => boolean;
  readonly failureCode: (code: number) => number | null;
  readonly closeReply: (code: number) => number | null;
  readonly takesHalfACode: boolean;
  readonly checksReason: boolean;
  readonly isValidCode: (code: number) => boolean;
  /** What it still answers after it has received a Close frame. */
  readonly afterClose: 'nothing' | 'echoes' | 'pongs';
  readonly endsTcp: boolean;
  readonly maxPayload: number;
  /** The frames that it sends when the connection opens. */
  readonly greeting: readonly Sent[];
  /** The frames that it sends before the echo of a message. */
  readonly beforeEcho: readonly Sent[];
  /** The payload bytes of each fragment of its echo. Null for one frame. */
  readonly fragmentSize: number | null;
  /** The frames that it sends between two fragments of its echo. */
  readonly betweenFragments: readonly Sent[];
  /** Whether it sends a ping when the connection opens, and nothing else before the pong arrives. */
  readonly awaitsPong: boolean;
  /** Whether it ends TCP only when it has received an answer to its Close frame. */
  readonly awaitsCloseAnswer: boolean;
  /** Milliseconds between what it receives and its reaction. */
  readonly delay: number;
  /** Whether it ends TCP when the other end has. */
  readonly endsAfterPeer: boolean;
  /** The code with which it closes the connection by itself after the first echo. */
  readonly closesAfterEcho: number | null;
  /** Whether it sends all that it has to send in one write at the end of each chunk. */
  readonly mergesFrames: boolean;
}

/** A control frame that an agent sends. */
export interface Sent {
  readonly opcode: number;
  readonly payload: string;
}

/** Whether a payload is valid text. */
export function isUtf8(payload: Buffer): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(payload);
    return true;
  } catch {
    return false;
  }
}

export const STANDARD: Behaviour = {
  echo: (opcode, payload) => ({ opcode, payload }),
  encode: (opcode, payload, isServer) => frame({ opcode, payload, mask: !isServer && [...randomBytes(4)] }),
  pong: (payload) => payload,
  answersPongs: false,
  delaysPongs: false,
  maxControlPayload: 125,
  checkedBits: 7,
  checksBitsOfControlFrames: true,
  checksMask: true,
  uncheckedOpcode: null,
  maxPong: 125,
  takesCloseFragments: false,
  keyFor: (key) => key,
  lengthOf: Number,
  shortestPart: Number.POSITIVE_INFINITY,
  pingBreaksText: false,
  takesOneMessagePerChunk: false,
  reserved: 'fail',
  takesControlFragments: false,
  lone: 'fail',
  nested: 'fail',
  echoesFragments: false,
  pingBreaksMessage: false,
  utf8: 'as it comes',
  isValidText: isUtf8,
  failureCode: (code) => code,
  closeReply: (code) => code,
  takesHalfACode: false,
  checksReason: true,
  isValidCode: (code) =>
    (code >= 1000 && code <= 1014 && ![1004, 1005, 1006].includes(code)) || (code >= 3000 && code <= 4999),
  afterClose: 'nothing',
  endsTcp: true,
  maxPayload: 64 * 1024 * 1024,
  greeting: [],
  beforeEcho: [],
  fragmentSize: null,
  betweenFragments: [],
  awaitsPong: false,
  awaitsCloseAnswer: false,
  delay: 0,
  endsAfterPeer: true,
  closesAfterEcho: null,
  mergesFrames: false,
};
