import { type Exchange, type StreamRequest, textOf } from '../exchange.ts';
import type { StreamServerCase } from '../server-case.ts';
import { casesOf, isStream, type Judge, nonStrictUnless, responds, streams } from './judgements.ts';

/** The ids of the events, in order. */
function idsOf(response: Exchange): string[] {
  return textOf(response)
    .events.map(({ id }) => id)
    .filter((id) => id !== '');
}

/** The request of an EventSource whose last event was the one with this index. */
const resumeAfter =
  (index: number) =>
  (first: Exchange): StreamRequest | string => {
    const ids = idsOf(first);
    const id = ids[index];
    if (id === undefined || ids.length < 2) return 'Fewer than two events with an id arrived within the time limit';
    if (new Set(ids).size < ids.length) return 'Events have the same id, so their order cannot be judged';
    return { fields: { 'Last-Event-ID': Buffer.from(id).toString('latin1') } };
  };

/** The stream continues with the event after the one with this index. */
const resumesAfter =
  (index: number): Judge =>
  (response, first) => {
    const wrong = isStream(response);
    if (wrong !== undefined) return response.status === 204 ? undefined : wrong;
    const seen = idsOf(first).slice(0, index + 1);
    const [next, expected] = [idsOf(response)[0], idsOf(first)[index + 1]];
    const received = next === undefined ? 'no id' : `"${next}"`;
    const difference = `expected "${expected}" after "${seen.at(-1)}"; received ${received}`;
    // The standard leaves to a server whether it resumes.
    if (next === idsOf(first)[0])
      return ['UNIMPLEMENTED', `The server starts again with its first event; ${difference}`];
    if (next !== undefined && seen.includes(next)) return ['NON-STRICT', `Repeated event; ${difference}`];
    return nonStrictUnless(next === expected, `Wrong event; ${difference}`);
  };

/** The stream starts anew, or the server has no more events for this client: status 204 makes it stop. */
const streamsOrStops: Judge = (response, first) => (response.status === 204 ? undefined : streams(response, first));

const withId = (id: string): StreamRequest => ({ fields: { 'Last-Event-ID': id } });

const SECTION = 'HTML §9.2.4';

/** 22: resumption after Last-Event-ID, WHATWG HTML §9.2.4. */
export const streamResumption: readonly StreamServerCase[] = casesOf('22.1', [
  ['The stream resumes after the first event', SECTION, resumesAfter(0), resumeAfter(0)],
  ['The stream resumes after the second event', SECTION, resumesAfter(1), resumeAfter(1)],
  ['An unknown id', SECTION, streamsOrStops, withId('pushwire-never-was')],
  ['An empty id', SECTION, streams, withId('')],
  ['An id outside ASCII', SECTION, responds, withId(Buffer.from('grüße 你好 😀').toString('latin1'))],
  ['An id that is not valid UTF-8', SECTION, responds, withId('\xff\xfe')],
  ['An id with commas, quotes and spaces', SECTION, responds, withId('a, "b"; c=d  e')],
  ['An id that attempts an injection', SECTION, responds, withId("../../etc/passwd' OR 1=1 -- %00 {{7*7}}")],
  ['A negative id', SECTION, responds, withId('-1')],
  ['An id of 4 KiB', SECTION, responds, withId('9'.repeat(4096))],
  ['Two ids', SECTION, responds, { fields: { 'Last-Event-ID': '1', 'last-event-id': '2' } }],
]);
