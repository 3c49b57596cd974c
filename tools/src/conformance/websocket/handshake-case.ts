import type { Verdict } from '../verdict.ts';

/** What a server may answer. */
export interface HandshakeAnswer {
  /** 101, or `refused` for a status from 400 on, or `other` for anything but 101. */
  readonly status: 101 | 'refused' | 'other' | readonly number[];
  /** Header fields by lower-case name: what the value, or nothing, must match; null for a field that must not be there. */
  readonly fields?: Readonly<Record<string, RegExp | null>>;
}

/** One test of how a server answers an opening handshake. */
export interface HandshakeCase {
  readonly id: string;
  readonly title: string;
  readonly section: string;
  /** The request as it goes out, after `HOST` and `PATH` are put in. */
  readonly request: string;
  /** A request to which the answer has a head alone, sent before in the same write: the second answer is judged. */
  readonly before?: string;
  /** Sent in writes of so many bytes, with a pause of so many milliseconds between. Default: in one. */
  readonly writeSize?: readonly [size: number, pause: number];
  readonly expect: HandshakeAnswer;
  readonly nonStrict?: HandshakeAnswer;
  /** What a server answers that does without the extension. */
  readonly unimplemented?: HandshakeAnswer;
}

/** What a server has answered. */
export interface HandshakeResponse {
  readonly status: number;
  /** By lower-case name; the values of a field that stands several times are joined. */
  readonly fields: Readonly<Record<string, string>>;
}

/** Null if the server has ended TCP without an answer, which refuses, too. */
export function judgeHandshake(
  { expect, nonStrict, unimplemented }: HandshakeCase,
  response: HandshakeResponse | null,
): { readonly verdict: Verdict; readonly text: string } {
  const wrong = difference(expect, response);
  if (wrong === '') return { verdict: 'OK', text: '' };
  const is = (answer: HandshakeAnswer | undefined): boolean =>
    answer !== undefined && difference(answer, response) === '';
  return { verdict: is(unimplemented) ? 'UNIMPLEMENTED' : is(nonStrict) ? 'NON-STRICT' : 'FAILED', text: wrong };
}

function difference({ status, fields = {} }: HandshakeAnswer, response: HandshakeResponse | null): string {
  const actual = response?.status ?? 0;
  const isRight =
    typeof status === 'object'
      ? status.includes(actual)
      : status === 101
        ? actual === 101
        : status === 'refused'
          ? actual >= 400 || actual === 0
          : actual !== 101;
  const wanted = typeof status === 'object' ? status.join(' or ') : status === 'other' ? 'another than 101' : status;
  if (!isRight) return `The status is ${actual || 'missing'}, and should be ${wanted}`;
  for (const [name, pattern] of Object.entries(fields)) {
    const value = response?.fields[name];
    if (pattern === null ? value !== undefined : !pattern.test(value ?? '')) {
      return `${name} is ${value === undefined ? 'missing' : `"${value}"`}, and should ${pattern === null ? 'be missing' : `match ${pattern}`}`;
    }
  }
  return '';
}
