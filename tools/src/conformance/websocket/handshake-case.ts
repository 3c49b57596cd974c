import type { Verdict } from '../verdict.ts';
import { describePattern } from './describe-pattern.ts';
import { quote, type Sentence } from './sentences.ts';

/** A response that a server may send. */
export interface ExpectedResponse {
  /** 101; `refused` for a status of at least 400; `other` for any status except 101; or one of these statuses. */
  readonly status: 101 | 'refused' | 'other' | readonly number[];
  /** By lower-case name: the pattern that the value, or an empty string for a missing field, must match; null for a field that must be missing. */
  readonly fields?: Readonly<Record<string, RegExp | null>>;
}

/** One test of how a server responds to an opening handshake. */
export interface HandshakeCase {
  readonly id: string;
  readonly title: string;
  readonly section: string;
  /** The sentence that the case tests, if there is one. */
  readonly sentence?: Sentence | undefined;
  /** The request. `HOST` and `PATH` are placeholders. */
  readonly request: string;
  /** A request in front of `request`, in the same write. Its response has no body; the second response is judged. */
  readonly before?: string;
  /** The bytes of each write, and the milliseconds between two writes. Default: one write. */
  readonly writeSize?: readonly [size: number, pause: number];
  readonly expect: ExpectedResponse;
  /** A response that deviates from the standard without harm. */
  readonly nonStrict?: ExpectedResponse;
  /** The response of a server without the extension. */
  readonly unimplemented?: ExpectedResponse;
}

/** The response of a server. */
export interface HandshakeResponse {
  readonly status: number;
  /** By lower-case name. The values of a repeated field are joined with commas. */
  readonly fields: Readonly<Record<string, string>>;
}

/**
 * Judges a response; null means that the server has ended TCP without one, which counts as a refusal.
 *
 * @param silence the milliseconds in which a server neither responded nor ended TCP; undefined if it did
 */
export function judgeHandshake(
  test: HandshakeCase,
  response: HandshakeResponse | null,
  silence?: number,
): { readonly verdict: Verdict; readonly text: string } {
  const { expect, nonStrict, unimplemented, section, sentence } = test;
  const wanted = describeResponse({ status: expect.status });
  const text =
    silence === undefined
      ? difference(expect, response)
      : `No response; expected ${wanted}; received neither a response nor the end of TCP within ${silence} ms`;
  if (text === '') return { verdict: 'OK', text };
  const explain = (what: string): string => `${what} (${sentence === undefined ? section : quote(sentence)})`;
  const matches = (expected: ExpectedResponse | undefined): boolean =>
    expected !== undefined && difference(expected, response) === '';
  if (silence !== undefined) return { verdict: 'FAILED', text: explain(text) };
  if (matches(unimplemented)) return { verdict: 'UNIMPLEMENTED', text: explain(text) };
  if (matches(nonStrict)) return { verdict: 'NON-STRICT', text: explain(text) };
  // A status that would have been acceptable does not explain the verdict: what is wrong beside it does.
  const isStatusFine = nonStrict !== undefined && isExpected(nonStrict.status, response?.status ?? 0);
  return { verdict: 'FAILED', text: explain(isStatusFine ? difference(nonStrict, response) : text) };
}

/** The first difference, in words; empty if there is none. */
function difference({ status, fields = {} }: ExpectedResponse, response: HandshakeResponse | null): string {
  const actual = response?.status ?? 0;
  if (!isExpected(status, actual)) {
    return `Wrong status; expected ${describeStatus(status)}; received ${actual || 'no response'}`;
  }
  for (const [name, pattern] of Object.entries(fields)) {
    const value = response?.fields[name];
    // An empty value is not the same as no field, and none of these fields may be empty.
    if (value !== '' && (pattern === null ? value === undefined : pattern.test(value ?? ''))) continue;
    const wrong = pattern === null ? 'Unexpected' : value === undefined ? 'Missing' : 'Wrong';
    const expected = pattern === null ? 'no such field' : describePattern(pattern);
    return `${wrong} ${name}; expected ${expected}; received ${value === undefined ? 'no such field' : `"${value}"`}`;
  }
  return '';
}

/** @param status 0 for no response */
function isExpected(expected: ExpectedResponse['status'], status: number): boolean {
  if (expected === 'refused') return status === 0 || status >= 400;
  if (expected === 'other') return status !== 101;
  return typeof expected === 'number' ? status === expected : expected.includes(status);
}

/** A response that a server may send, in words. */
export function describeResponse({ status, fields = {} }: ExpectedResponse): string {
  const parts = Object.entries(fields).map(([name, pattern]) =>
    pattern === null ? `no ${name}` : `${name}: ${describePattern(pattern)}`,
  );
  const start = { refused: 'a status of 400 or above, or the end of TCP', other: 'any status except 101' };
  return [typeof status === 'string' ? start[status] : `the status ${describeStatus(status)}`, ...parts].join(', ');
}

function describeStatus(status: ExpectedResponse['status']): string {
  if (status === 'refused') return '400 or above';
  if (status === 'other') return 'any except 101';
  return typeof status === 'number' ? String(status) : status.join(' or ');
}
