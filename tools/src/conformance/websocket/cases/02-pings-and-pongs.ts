import type { ConformanceCase } from '../case.ts';
import { CloseCode } from '../protocol.ts';
import { about, SENTENCES } from '../sentences.ts';
import { expectFailure, expectReplies, ping, pong, pongOf } from './dsl.ts';

const NOT_TEXT = Buffer.of(0x00, 0xff, 0xfe, 0xfd, 0xfc, 0xfb, 0x00, 0xff);
const LONGEST = Buffer.alloc(125, 0xfe);
const TEN: readonly string[] = Array.from({ length: 10 }, (_, index) => `payload-${index}`);

/** 2: pings and pongs, RFC 6455 §5.5.2 and §5.5.3. */
export const pingsAndPongs: readonly ConformanceCase[] = [
  {
    id: '2.1',
    title: 'A ping without a payload',
    ...about(SENTENCES.pong),
    steps: [{ send: [ping()] }],
    expect: expectReplies(pongOf()),
  },
  {
    id: '2.2',
    title: 'A ping with text',
    ...about(SENTENCES.pongPayload),
    steps: [{ send: [ping('Hello, world!')] }],
    expect: expectReplies(pongOf('Hello, world!')),
  },
  {
    id: '2.3',
    title: 'A ping with bytes that are not valid UTF-8',
    ...about(SENTENCES.pongPayload),
    steps: [{ send: [ping(NOT_TEXT)] }],
    expect: expectReplies(pongOf(NOT_TEXT)),
  },
  {
    id: '2.4',
    title: 'A ping of 125 bytes',
    ...about(SENTENCES.pong),
    steps: [{ send: [ping(LONGEST)] }],
    expect: expectReplies(pongOf(LONGEST)),
  },
  {
    id: '2.5',
    title: 'A ping of 126 bytes',
    ...about(SENTENCES.controlFrame),
    steps: [{ send: [ping(Buffer.alloc(126, 0xfe))] }],
    expect: expectFailure(CloseCode.PROTOCOL_ERROR),
  },
  {
    id: '2.6',
    title: 'A ping of 125 bytes in writes of one byte',
    ...about(SENTENCES.pong),
    steps: [{ send: [ping(LONGEST)], writeSize: 1 }],
    expect: expectReplies(pongOf(LONGEST)),
  },
  {
    id: '2.7',
    title: 'An unsolicited pong without a payload',
    ...about(SENTENCES.mayPong),
    steps: [{ send: [pong()] }],
    expect: expectReplies(),
  },
  {
    id: '2.8',
    title: 'An unsolicited pong with a payload',
    ...about(SENTENCES.mayPong),
    steps: [{ send: [pong('unsolicited pong payload')] }],
    expect: expectReplies(),
  },
  {
    id: '2.9',
    title: 'An unsolicited pong, then a ping',
    ...about(SENTENCES.mayPong),
    steps: [{ send: [pong('unsolicited pong payload'), ping('ping payload')] }],
    expect: expectReplies(pongOf('ping payload')),
  },
  {
    id: '2.10',
    title: 'Ten pings in one write',
    ...about(SENTENCES.pong),
    steps: [{ send: TEN.map((payload) => ping(payload)) }],
    expect: expectReplies(...TEN.map((payload) => pongOf(payload))),
  },
  {
    id: '2.11',
    title: 'Ten pings in writes of one byte',
    ...about(SENTENCES.pong),
    steps: [{ send: TEN.map((payload) => ping(payload)), writeSize: 1 }],
    expect: expectReplies(...TEN.map((payload) => pongOf(payload))),
  },
];
