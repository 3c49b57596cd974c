import type { ConformanceCase } from '../case.ts';
import { answers, fails, PROTOCOL_ERROR, ping, pong, ponged } from './dsl.ts';

const NO_TEXT = Buffer.of(0x00, 0xff, 0xfe, 0xfd, 0xfc, 0xfb, 0x00, 0xff);
const LONGEST = Buffer.alloc(125, 0xfe);
const TEN: readonly string[] = Array.from({ length: 10 }, (_, index) => `payload-${index}`);

/** §5.5.3 allows to answer the latest ping alone. */
const LATEST_ONLY = [answers(ponged(TEN[9]))];

/** 2: pings and pongs, RFC 6455 §5.5.2 and §5.5.3. */
export const pingsAndPongs: readonly ConformanceCase[] = [
  {
    id: '2.1',
    title: 'A ping without a payload',
    section: 'RFC 6455 §5.5.2',
    steps: [{ send: [ping()] }],
    expect: answers(ponged()),
  },
  {
    id: '2.2',
    title: 'A ping with text',
    section: 'RFC 6455 §5.5.3',
    steps: [{ send: [ping('Hello, world!')] }],
    expect: answers(ponged('Hello, world!')),
  },
  {
    id: '2.3',
    title: 'A ping with bytes that are no UTF-8',
    section: 'RFC 6455 §5.5.3',
    steps: [{ send: [ping(NO_TEXT)] }],
    expect: answers(ponged(NO_TEXT)),
  },
  {
    id: '2.4',
    title: 'A ping with 125 bytes',
    section: 'RFC 6455 §5.5',
    steps: [{ send: [ping(LONGEST)] }],
    expect: answers(ponged(LONGEST)),
  },
  {
    id: '2.5',
    title: 'A ping with 126 bytes',
    section: 'RFC 6455 §5.5',
    steps: [{ send: [ping(Buffer.alloc(126, 0xfe))] }],
    expect: fails(PROTOCOL_ERROR),
  },
  {
    id: '2.6',
    title: 'A ping with 125 bytes, in writes of one byte',
    section: 'RFC 6455 §5.5',
    steps: [{ send: [ping(LONGEST)], writeSize: 1 }],
    expect: answers(ponged(LONGEST)),
  },
  {
    id: '2.7',
    title: 'A pong that nobody asked for, without a payload',
    section: 'RFC 6455 §5.5.3',
    steps: [{ send: [pong()] }],
    expect: answers(),
  },
  {
    id: '2.8',
    title: 'A pong that nobody asked for, with a payload',
    section: 'RFC 6455 §5.5.3',
    steps: [{ send: [pong('unsolicited pong payload')] }],
    expect: answers(),
  },
  {
    id: '2.9',
    title: 'A pong that nobody asked for, then a ping',
    section: 'RFC 6455 §5.5.3',
    steps: [{ send: [pong('unsolicited pong payload'), ping('ping payload')] }],
    expect: answers(ponged('ping payload')),
  },
  {
    id: '2.10',
    title: 'Ten pings in one write',
    section: 'RFC 6455 §5.5.2',
    steps: [{ send: TEN.map((payload) => ping(payload)) }],
    expect: answers(...TEN.map((payload) => ponged(payload))),
    nonStrict: LATEST_ONLY,
  },
  {
    id: '2.11',
    title: 'Ten pings in writes of one byte',
    section: 'RFC 6455 §5.5.2',
    steps: [{ send: TEN.map((payload) => ping(payload)), writeSize: 1 }],
    expect: answers(...TEN.map((payload) => ponged(payload))),
    nonStrict: LATEST_ONLY,
  },
];
