import type { StreamServerCase } from '../server-case.ts';
import { streams } from './judgements.ts';

const REQUEST = 'GET PATH HTTP/1.1\r\nHost: HOST\r\nAccept: text/event-stream\r\n\r\n';
const NEVER = Number.POSITIVE_INFINITY;

const disturbances: readonly (readonly [title: string, connections: number, send: string, cutAfter: number])[] = [
  ['20 clients that disconnect at once', 20, REQUEST, 50],
  ['20 clients that never read', 20, REQUEST, NEVER],
  ['20 connections without a request', 20, '', NEVER],
  ['A request head that does not end', 5, 'GET PATH HTTP/1.1\r\nHost: HOST\r\nX: ', NEVER],
  ['A request header of 1 MiB', 2, `GET PATH HTTP/1.1\r\nHost: HOST\r\nX: ${'x'.repeat(1024 * 1024)}\r\n\r\n`, 1000],
  ['Octets that are not HTTP', 5, '\x00\x01\x02\xff\r\n\r\nGET / FOO\r\n\r\n', 200],
  ['Ten requests at once on one connection', 3, REQUEST.repeat(10), 200],
  ['A request body that never arrives', 5, REQUEST.replace('Accept', 'Content-Length: 1000\r\nAccept'), 200],
  ['An upgrade to WebSocket', 5, REQUEST.replace('Accept', 'Connection: Upgrade\r\nUpgrade: websocket\r\nA'), 200],
];

/** 24: hostile clients do not affect the others. */
export const streamRobustness: readonly StreamServerCase[] = disturbances.map(
  ([title, connections, send, cutAfter], index) => ({
    id: `24.1.${index + 1}`,
    title: `${title}: others are served`,
    section: 'RFC 9110 §17',
    judge: streams,
    disturbance: { connections, send, cutAfter },
  }),
);
