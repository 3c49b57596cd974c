import type { StreamClientCase } from '../client-case.ts';
import { CLOSED, casesOf, FIRST, FIRST_EVENTS, message, OPENED, RETRY, type Row } from './client-rows.ts';

const STOP = 'event: stop\ndata: a\n\n';
const STOPPED = [OPENED, message('a', '', 'stop')];
const ONE_REQUEST = [{ lastEventId: '' }];

const closing: readonly Row[] = [
  {
    title: 'close() in a listener: the rest of the segment is not dispatched',
    responses: [{ chunks: [`${RETRY}${STOP}data: never\n\n`] }],
    closeOn: 'stop',
    expect: STOPPED,
  },
  {
    title: 'close() in a listener: what arrives later is not dispatched',
    responses: [{ chunks: [`${RETRY}${STOP}`, 'data: never\n\n'], pause: 50 }],
    closeOn: 'stop',
    expect: STOPPED,
  },
  {
    title: 'close() in a listener of the open event',
    responses: [FIRST],
    closeOn: 'open',
    expect: [OPENED],
  },
  {
    title: 'close() after a lost connection: the client does not reconnect',
    responses: [FIRST],
    closeOn: 'error',
    expect: FIRST_EVENTS,
  },
  {
    title: 'close() of an EventSource that is CLOSED',
    responses: [],
    closeOn: 'error',
    expect: [CLOSED],
  },
  {
    title: 'close() ends the request',
    responses: [{ chunks: [`${RETRY}${STOP}`], ending: 'client' }],
    closeOn: 'stop',
    expect: STOPPED,
  },
];

/** 35: what `close()` does, WHATWG HTML §9.2.2. For clients whose driver can call it. */
export const streamClosing: readonly StreamClientCase[] = casesOf(
  '35.1',
  'HTML §9.2.2',
  closing.map((row) => ({ types: ['stop'], requests: ONE_REQUEST, ...row })),
);
