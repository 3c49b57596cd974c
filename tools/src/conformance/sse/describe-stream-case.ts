import { byteCount, payloadText } from '../payload-text.ts';
import type { DispatchedEvent, ExpectedRequest, StreamClientCase, StreamResponse } from './client-case.ts';
import type { Disturbance, Listening, StreamServerCase } from './server-case.ts';

/** The octets of a text that a description shows. */
const SHOWN = 64;
/** The responses, chunks, events and requests that a description lists. */
const MAX_LISTED = 8;

/** What a case of an event-stream client does and expects, in words. */
export function describeClientCase(test: StreamClientCase): { readonly steps: string[]; readonly expectation: string } {
  const { needsClient, responses, redirectTarget = [], expect, orExpect, nonStrict, requests } = test;
  const alternatives = [
    describeEvents(expect),
    ...(orExpect === undefined ? [] : [`or ${describeEvents(orExpect)}`]),
    ...(nonStrict === undefined ? [] : [`NON-STRICT: ${describeEvents(nonStrict)}`]),
    ...(requests === undefined ? [] : describeList(requests.slice(1), describeRequest)),
  ];
  return {
    steps: [
      ...describeList(
        responses,
        (response, number) => `Responds to request ${number} with ${describeResponse(response)}`,
      ),
      ...describeList(
        redirectTarget,
        (response) => `Responds to redirected requests with ${describeResponse(response)}`,
      ),
      ...(needsClient ? ['Responds to any other request with 204, after which the client must not reconnect'] : []),
    ],
    expectation: alternatives.join('; '),
  };
}

function describeResponse(response: StreamResponse): string {
  const { status = 200, fields = {}, chunks = [], raw, interim, ending, coding, location } = response;
  if (raw !== undefined) return `the octets ${textOf(raw)}`;
  const octets = Buffer.concat(chunks.map((chunk) => Buffer.from(chunk as string)));
  return [
    interim === undefined ? String(status) : `${interim}, then ${status}`,
    ...Object.entries(fields).map(([name, value]) => `${name}: ${value}`),
    ...(location === undefined ? [] : [`a Location (${location})`]),
    ...(coding === undefined ? [] : [`the coding ${coding}`]),
    ...(octets.length === 0
      ? []
      : [`${textOf(octets)} in ${chunks.length} ${chunks.length === 1 ? 'write' : 'writes'}`]),
    ...(ending === 'cut' ? ['the end of TCP before the end of the response'] : []),
  ].join(', ');
}

function describeEvents(events: readonly DispatchedEvent[]): string {
  return events.length === 0 ? 'no event' : `the events ${describeList(events, describeEvent).join(', ')}`;
}

function describeEvent({ type, data, lastEventId = '' }: DispatchedEvent): string {
  if (data === undefined) return textOf(type);
  return `${textOf(type)} with ${textOf(data)}${lastEventId === '' ? '' : ` and the id ${textOf(lastEventId)}`}`;
}

function describeRequest({ lastEventId, after }: ExpectedRequest, number: number): string {
  const id = lastEventId === '' ? 'without Last-Event-ID' : `with the Last-Event-ID ${textOf(lastEventId)}`;
  return `request ${number + 1} ${id}${after === undefined ? '' : `, after at least ${after} ms`}`;
}

/** What a case of an event-stream server does, in words. Its title is what it expects. */
export function describeServerCase({ request = {}, listenFor = 'events', disturbance }: StreamServerCase): string[] {
  const sent =
    typeof request === 'function'
      ? 'a request that depends on an earlier response'
      : `${request.method ?? 'GET'} as ${request.version === '1.0' ? 'HTTP/1.0' : 'HTTP/1.1'}`;
  const reading = `Sends ${sent}, and reads ${READING[listenFor]}`;
  return disturbance === undefined ? [reading] : [describeDisturbance(disturbance), reading];
}

const READING: Readonly<Record<Listening, string>> = {
  head: 'the head of the response',
  events: 'until several events have arrived, or the time limit is reached',
  quiet: 'until data arrives after a silence, or the quiet limit is reached',
};

function describeDisturbance({ connections, send, cutAfter }: Disturbance): string {
  const end = Number.isFinite(cutAfter) ? `never read, and are reset after ${cutAfter} ms` : 'never read';
  return `${connections} other connections send ${byteCount(send.length)} each, ${end}`;
}

function describeList<Item>(items: readonly Item[], describe: (item: Item, number: number) => string): string[] {
  const listed = items.slice(0, MAX_LISTED).map((item, index) => describe(item, index + 1));
  return items.length <= MAX_LISTED ? listed : [...listed, `… and ${items.length - MAX_LISTED} more`];
}

function textOf(text: string | Uint8Array): string {
  const octets = Buffer.from(text as string);
  return octets.length === 0 ? '""' : payloadText(octets, SHOWN);
}
