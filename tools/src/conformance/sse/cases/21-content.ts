import { textOf } from '../exchange.ts';
import type { StreamServerCase } from '../server-case.ts';
import { countByteOrderMarks, readStreamText, type StreamLine } from '../stream-text.ts';
import { casesOf, failedUnless, hasContent, informationalUnless, type Judge } from './judgements.ts';

const FIELDS = ['', ':', 'data', 'event', 'id', 'retry'];

/** Milliseconds. Octets that are written together arrive with shorter pauses. */
const PAUSE = 300;

/** No line of the stream may be wrong in this way. */
const noLine =
  (isWrong: (line: StreamLine) => boolean, verdict: 'FAILED' | 'INFORMATIONAL', text: string): Judge =>
  (response) => {
    const line = textOf(response).lines.find(isWrong);
    if (line === undefined) return hasContent(response);
    return [verdict, `${text}; received ${JSON.stringify(`${line.field}: ${line.value}`.slice(0, 100))}`];
  };

/** Before each pause, the last event is complete. */
const hasWholeEvents: Judge = (response) => {
  const { pieces, duration, ended } = response;
  for (const [index, { time }] of pieces.entries()) {
    const next = pieces[index + 1]?.time ?? (ended ? time : duration);
    if (next - time < PAUSE) continue;
    const soFar = pieces.slice(0, index + 1).map(({ bytes }) => bytes);
    const { text, unfinished } = readStreamText(Buffer.concat(soFar), true);
    const silence = `received no more for ${Math.round(next - time)} ms`;
    if (text === null)
      return ['NON-STRICT', `Incomplete character before a pause; expected all its octets; ${silence}`];
    if (unfinished) return ['NON-STRICT', `Incomplete event before a pause; expected all its lines; ${silence}`];
  }
  return hasContent(response);
};

/** The lines between empty lines. Most of these blocks are events. */
function blocksOf(lines: readonly StreamLine[]): StreamLine[][] {
  const blocks: StreamLine[][] = [[]];
  for (const line of lines) {
    if (line.field === '') blocks.push([]);
    else blocks.at(-1)!.push(line);
  }
  return blocks;
}

/** 21: the content of an event stream, WHATWG HTML §9.2.5 and §9.2.6. */
export const streamContent: readonly StreamServerCase[] = casesOf('21.1', [
  [
    'The content is valid UTF-8',
    'HTML §9.2.5',
    (response) =>
      failedUnless(textOf(response).text !== null, 'The content is not valid UTF-8') ?? hasContent(response),
  ],
  [
    'At most one byte order mark',
    'HTML §9.2.5',
    (response) => {
      const count = countByteOrderMarks(textOf(response).text ?? '');
      const wrong = `Too many byte order marks; expected at most 1, as others belong to the first field; received ${count}`;
      return failedUnless(count <= 1, wrong) ?? hasContent(response);
    },
  ],
  [
    'All lines end in the same way',
    'HTML §9.2.5',
    (response) => {
      const endings = [...new Set(textOf(response).lines.map(({ ending }) => JSON.stringify(ending)))];
      const wrong = `Mixed line endings; expected only one kind; received ${endings.join(' and ')}`;
      return informationalUnless(endings.length <= 1, wrong) ?? hasContent(response);
    },
  ],
  [
    'All fields are data, event, id or retry',
    'HTML §9.2.6',
    noLine(
      ({ field }) => !FIELDS.includes(field),
      'INFORMATIONAL',
      'A field that clients ignore; expected data, event, id or retry',
    ),
  ],
  [
    'Field names have no upper-case letters and no white space',
    'HTML §9.2.6',
    noLine(
      ({ field }) => !FIELDS.includes(field) && FIELDS.includes(field.trim().toLowerCase()),
      'FAILED',
      'A field that clients ignore; expected its name in lower case and without white space',
    ),
  ],
  [
    'A reconnection time consists of ASCII digits',
    'HTML §9.2.6',
    noLine(
      ({ field, value }) => field === 'retry' && !/^\d+$/.test(value),
      'FAILED',
      'A reconnection time that clients ignore; expected ASCII digits',
    ),
  ],
  [
    'No id contains NULL',
    'HTML §9.2.6',
    noLine(
      ({ field, value }) => field === 'id' && value.includes('\0'),
      'FAILED',
      'An id that clients ignore; expected no NULL',
    ),
  ],
  [
    'Each event with a type has data',
    'HTML §9.2.6',
    (response) => {
      const withoutData = blocksOf(textOf(response).lines).find(
        (fields) => fields.some(({ field }) => field === 'event') && !fields.some(({ field }) => field === 'data'),
      );
      const type = withoutData?.find(({ field }) => field === 'event')?.value;
      const wrong = `An event that clients do not dispatch; expected data; received only the type "${type}"`;
      return informationalUnless(withoutData === undefined, wrong) ?? hasContent(response);
    },
  ],
  [
    'The stream does not end within an event',
    'HTML §9.2.6',
    (response) => {
      const isIncomplete = response.ended && textOf(response).unfinished;
      return (
        failedUnless(!isIncomplete, 'The last event is incomplete, so clients discard it; expected an empty line') ??
        hasContent(response)
      );
    },
  ],
  ['Each event arrives without a pause within it', 'HTML §9.2.7', hasWholeEvents],
  [
    'All ids are different',
    'HTML §9.2.4',
    (response) => {
      const ids = textOf(response)
        .lines.filter(({ field, value }) => field === 'id' && value !== '')
        .map(({ value }) => value);
      const duplicate = ids.find((id, index) => ids.indexOf(id) !== index);
      const wrong = `Duplicate id; expected different ids; received "${duplicate}" more than once`;
      return informationalUnless(duplicate === undefined, wrong) ?? hasContent(response);
    },
  ],
]);
