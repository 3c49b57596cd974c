import { type Exchange, textOf } from '../exchange.ts';
import type { Judgement, Listening, StreamServerCase } from '../server-case.ts';

/** Judges a response; the second argument is the response to the first request of an EventSource. */
export type Judge = StreamServerCase['judge'];

export type Row = readonly [
  title: string,
  section: string,
  judge: Judge,
  request?: StreamServerCase['request'] | undefined,
  listenFor?: Listening,
];

export function casesOf(group: string, rows: readonly Row[]): StreamServerCase[] {
  return rows.map(([title, section, judge, request, listenFor], index) => ({
    id: `${group}.${index + 1}`,
    title,
    section,
    judge,
    ...(request && { request }),
    ...(listenFor && { listenFor }),
  }));
}

export function failedUnless(isRight: boolean, text: string): Judgement {
  return isRight ? undefined : ['FAILED', text];
}

export function nonStrictUnless(isRight: boolean, text: string): Judgement {
  return isRight ? undefined : ['NON-STRICT', text];
}

/** For what the standard allows, and is rarely intended. */
export function informationalUnless(isUsual: boolean, text: string): Judgement {
  return isUsual ? undefined : ['INFORMATIONAL', text];
}

export const NO_RESPONSE = 'No response within the time limit';

/** A response is an event stream: status 200, and the right type. */
export function isStream({ status, fields, violation }: Exchange): Judgement {
  if (violation !== undefined) return ['FAILED', `The server sent ${violation}`];
  if (status !== 200) return ['FAILED', status === 0 ? NO_RESPONSE : `Wrong status; expected 200; received ${status}`];
  return hasStreamType(fields['content-type']);
}

export function hasStreamType(contentType: string | undefined): Judgement {
  return failedUnless(
    /^text\/event-stream\s*(;|$)/i.test(contentType ?? ''),
    `Wrong Content-Type; expected text/event-stream; received ${shown(contentType)}`,
  );
}

/** A response has content that can be judged. */
export function hasContent(response: Exchange): Judgement {
  if (textOf(response).lines.length > 0 || response.ended) return undefined;
  return ['UNIMPLEMENTED', 'Nothing arrived within the time limit, so the case has no result'];
}

/** A response is an event stream with content. */
export const streams: Judge = (response) => isStream(response) ?? hasContent(response);

/** The server responds, and does not fail. It may refuse the request. */
export const responds: Judge = ({ status, violation }) => {
  if (violation !== undefined) return ['FAILED', `The server sent ${violation}`];
  if (status === 0) return ['FAILED', NO_RESPONSE];
  return failedUnless(
    status < 500 || status === 501,
    `Wrong status; expected one below 500, or 501; received ${status}`,
  );
};

/** The value of a header field, for a text. */
export function shown(value: string | undefined): string {
  return value === undefined ? 'no such field' : `"${value}"`;
}
