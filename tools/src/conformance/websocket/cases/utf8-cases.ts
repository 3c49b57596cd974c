import type { ConformanceCase, Expectation, Step } from '../case.ts';
import { CloseCode } from '../protocol.ts';
import { about, SENTENCES } from '../sentences.ts';
import { continuation, echoOf, expectFailure, expectReplies, text } from './dsl.ts';

/** "κόσμε" with U+1F79, which takes three octets. */
export const KOSME: Buffer = Buffer.from('κ\u1f79σμε');

/** One text message in one frame. */
export function whole(id: string, title: string, payload: Buffer, isValid: boolean): ConformanceCase {
  return {
    id,
    title,
    ...about(isValid ? SENTENCES.wholeText : SENTENCES.utf8),
    steps: [{ send: [text(payload)] }],
    expect: isValid ? expectReplies(echoOf('text', payload)) : expectFailure(CloseCode.INVALID_DATA),
  };
}

/** Sends text in one fragment for each octet. */
export function octets(payload: Buffer): Step {
  const last = payload.length - 1;
  return {
    send: [...payload].map((octet, index) => {
      const fragment = { fin: index === last };
      return index === 0 ? text(Buffer.of(octet), fragment) : continuation(Buffer.of(octet), fragment);
    }),
  };
}

export function inFragments(id: string, title: string, steps: readonly Step[], expect: Expectation): ConformanceCase {
  const isValid = expect.ending === 'clean';
  return { id, title, ...about(isValid ? SENTENCES.wholeText : SENTENCES.utf8), steps, expect };
}

/** Milliseconds that an agent must stay open when it has received the valid beginning of text. */
const VALID_TIME = 1000;

/**
 * Text that becomes invalid, and continues later. An agent that fails the connection only then is NON-STRICT, and one that fails it
 * before the invalid octet is FAILED.
 */
export function failFast(id: string, title: string, before: Step, invalid: Step, rest: Step): ConformanceCase {
  const steps = [before, { staysOpen: VALID_TIME }, invalid, { failsNow: true }, rest] as const;
  return { id, title, ...about(SENTENCES.utf8), steps, expect: expectFailure(CloseCode.INVALID_DATA) };
}

/** A part of one text frame. The first part includes the header. */
export function part(payload: Buffer, start: number, end?: number): Step {
  return { send: [text(payload)], part: { start, ...(end !== undefined && { end }) } };
}
