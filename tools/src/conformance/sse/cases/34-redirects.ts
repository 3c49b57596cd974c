import type { StreamClientCase } from '../client-case.ts';
import { CLOSED, casesOf, FIRST, FIRST_EVENTS, LOST, message, OPENED, RETRY, type Row } from './client-rows.ts';

/** HTML §9.2.3: after a network error, a client reconnects unless it knows that to be futile. */
const RECONNECTED = [...FIRST_EVENTS, LOST, CLOSED];
const TARGET = [{ chunks: [`${RETRY}data: there\n\n`] }];

/** New rows are added at the end: the number of a case never changes. */
const redirects: readonly Row[] = [
  ...[301, 302, 303, 307, 308].map(
    (status): Row => ({
      title: `A redirect with status ${status}`,
      responses: [{ status, location: 'THERE' }],
      redirectTarget: TARGET,
      expect: [OPENED, message('there'), LOST, CLOSED],
    }),
  ),
  {
    title: 'A redirect of a reconnection',
    responses: [FIRST, { status: 307, location: 'THERE' }],
    redirectTarget: TARGET,
    expect: [...FIRST_EVENTS, OPENED, message('there', '1'), LOST, CLOSED],
  },
  {
    title: 'A redirect to an absolute URL',
    responses: [{ status: 302, location: 'ORIGINTHERE' }],
    redirectTarget: TARGET,
    expect: [OPENED, message('there'), LOST, CLOSED],
  },
  {
    title: 'A redirect to another origin, which becomes the origin of the events',
    responses: [{ status: 302, location: 'OTHERTHERE' }],
    redirectTarget: TARGET,
    expect: [OPENED, { ...message('there'), origin: 'OTHER' }, LOST, CLOSED],
  },
  {
    title: 'A redirect to status 404',
    responses: [{ status: 302, location: 'THERE' }],
    redirectTarget: [{ status: 404 }],
    expect: [CLOSED],
  },
  {
    title: 'A redirect without a Location',
    responses: [FIRST, { status: 302, chunks: ['data: never\n\n'] }],
    expect: [...FIRST_EVENTS, CLOSED],
  },
  {
    title: 'A redirect to an invalid URL',
    responses: [FIRST, { status: 302, location: 'http://' }],
    expect: [...FIRST_EVENTS, CLOSED],
    orExpect: RECONNECTED,
  },
  {
    title: 'A redirect to another scheme',
    responses: [FIRST, { status: 302, location: 'ftp://127.0.0.1/' }],
    expect: [...FIRST_EVENTS, CLOSED],
    orExpect: RECONNECTED,
  },
  {
    title: 'Endless redirects',
    responses: [FIRST, ...Array.from({ length: 30 }, () => ({ status: 302, location: 'HERE' }))],
    expect: [...FIRST_EVENTS, CLOSED],
    orExpect: RECONNECTED,
  },
  {
    title: 'A redirect of a reconnection: the target receives the Last-Event-ID',
    responses: [FIRST, { status: 302, location: 'THERE' }],
    redirectTarget: TARGET,
    expect: [...FIRST_EVENTS, OPENED, message('there', '1'), LOST, CLOSED],
    redirectedRequests: [{ lastEventId: '1' }],
  },
  {
    title: 'A chain of four redirects with different statuses',
    responses: [{ status: 301, location: 'THERE' }],
    redirectTarget: [...[302, 307, 308].map((status) => ({ status, location: 'HERE' })), ...TARGET],
    expect: [OPENED, message('there'), LOST, CLOSED],
  },
  {
    title: 'A redirect with content, which is not parsed',
    responses: [{ status: 302, location: 'THERE', chunks: ['data: never\n\n'] }],
    redirectTarget: TARGET,
    expect: [OPENED, message('there'), LOST, CLOSED],
  },
  {
    title: 'A redirect to another Content-Type',
    responses: [{ status: 302, location: 'THERE' }],
    redirectTarget: [{ fields: { 'Content-Type': 'text/html' }, chunks: ['data: never\n\n'] }],
    expect: [CLOSED],
  },
];

/** 34: redirects, WHATWG HTML §9.2.3. */
export const streamRedirects: readonly StreamClientCase[] = casesOf('34.1', 'HTML §9.2.3', redirects);
