import { describe, expect, it } from 'vitest';
import { type AgentState, newAgentState, type ReceivedPong } from '../../src/conformance/websocket/agent-state.ts';
import type { AgentEvent, ConformanceCase } from '../../src/conformance/websocket/case.ts';
import {
  binary,
  close,
  echoOf,
  expectClose,
  expectFailure,
  expectReplies,
  pongOf,
  text,
} from '../../src/conformance/websocket/cases/dsl.ts';
import type { Course } from '../../src/conformance/websocket/course.ts';
import { CLOSE_GRADES, GRADES, mayBeSent, VERDICT_FOR } from '../../src/conformance/websocket/grades.ts';
import { judge } from '../../src/conformance/websocket/judge.ts';
import { about, SENTENCES } from '../../src/conformance/websocket/sentences.ts';
import { RFC_6455 } from '../requirements/rfc6455.ts';

/** A case about a sentence. */
function testOf(expected: ConformanceCase['expect'], send = [text('Hello')]): ConformanceCase {
  return { id: '0', title: '', ...about(SENTENCES.utf8), steps: [{ send }], expect: expected };
}

const ANSWER = testOf(expectClose(3000), [close(3000)]);
const FAILURE = testOf(expectFailure(1002), [text('Hello', { rsv: 1 })]);
const INVALID_CLOSE = testOf(expectFailure(1002), [{ ...close(1000), rsv: 7 }]);

function stateOf(changes: Partial<AgentState>): AgentState {
  return { ...newAgentState(), ended: true, ...changes };
}

const COURSE: Course = {
  isClient: true,
  ownEnd: null,
  isEarly: false,
  isLate: false,
  hasEnded: true,
  timeLimit: 7,
};

/** Judges an agent that ends a connection with this code, or with nothing but the end of TCP. */
function judgeCode(test: ConformanceCase, code: number | undefined, ended = true) {
  const ownEnd = code === undefined && !ended ? null : { code, reason: '' };
  return judge(test, stateOf({ closeCode: code, ended }), { ...COURSE, ownEnd, hasEnded: ended });
}

const CLOSES: readonly (readonly [
  test: ConformanceCase,
  code: number | undefined,
  ended: boolean,
  verdict: string,
  sentence: string,
])[] = [
  [ANSWER, 3000, true, 'OK', ''],
  [ANSWER, 1005, true, 'OK', ''],
  [ANSWER, 1000, true, 'NON-STRICT', 'typically echos the status code'],
  [ANSWER, 1002, true, 'NON-STRICT', 'typically echos the status code'],
  [ANSWER, 4999, true, 'NON-STRICT', 'typically echos the status code'],
  [ANSWER, 1006, true, 'FAILED', 'defined in Section 7.4'],
  [ANSWER, 999, true, 'FAILED', 'defined in Section 7.4'],
  [ANSWER, 5000, true, 'FAILED', 'defined in Section 7.4'],
  [ANSWER, undefined, true, 'FAILED', 'MUST send a Close frame in response'],
  [ANSWER, undefined, false, 'FAILED', 'MUST send a Close frame in response'],
  [ANSWER, 3000, false, 'FAILED', 'MUST close the underlying TCP connection immediately'],
  [FAILURE, 1002, true, 'OK', ''],
  [FAILURE, 1005, true, 'NON-STRICT', 'SHOULD send a Close frame'],
  [FAILURE, 1007, true, 'NON-STRICT', 'SHOULD send a Close frame'],
  [FAILURE, 1000, true, 'NON-STRICT', 'SHOULD send a Close frame'],
  [FAILURE, 1006, true, 'FAILED', 'defined in Section 7.4'],
  [FAILURE, undefined, true, 'NON-STRICT', 'SHOULD send a Close frame'],
  [FAILURE, undefined, false, 'FAILED', SENTENCES.utf8.words],
  [FAILURE, 1002, false, 'FAILED', 'MUST close the underlying TCP connection immediately'],
  [INVALID_CLOSE, 1002, true, 'OK', ''],
  [INVALID_CLOSE, 1000, true, 'FAILED', SENTENCES.utf8.words],
  [INVALID_CLOSE, 1005, true, 'NON-STRICT', 'SHOULD send a Close frame'],
  [INVALID_CLOSE, 1001, true, 'NON-STRICT', 'SHOULD send a Close frame'],
];

describe('the verdict on a Close frame', () => {
  it.each(CLOSES.map((row) => [JSON.stringify(row[0].expect.ending), row[1], row[2], ...row] as const))(
    'for the expectation %s, code %s and end of TCP: %s',
    (_ending, _code, _ended, test, code, ended, verdict, sentence) => {
      const { closeVerdict, text: explanation } = judgeCode(test, code, ended);
      expect(closeVerdict).toBe(verdict);
      expect(explanation).toContain(sentence);
      if (verdict === 'OK') expect(explanation).toBe('');
      else expect(explanation).toMatch(/expected .*; received .*\(RFC 6455 §[\d.]+: ".*"\)/);
    },
  );

  it('is never worse for any code that may be sent than for no Close frame', () => {
    const order = ['OK', 'NON-STRICT', 'FAILED'];
    const without = order.indexOf(judgeCode(FAILURE, undefined).closeVerdict);
    const codes = Array.from({ length: 65_536 }, (_, code) => code);
    const wrong = codes.filter((code) => {
      const withCode = order.indexOf(judgeCode(FAILURE, code).closeVerdict);
      return code === 1005 || mayBeSent(code) ? withCode > without : order[withCode] !== 'FAILED';
    });
    expect(wrong).toEqual([]);
  });

  it('covers the table of grades', () => {
    const grades = [...Object.values(CLOSE_GRADES.answer), ...Object.values(CLOSE_GRADES.failure)];
    for (const { duty, sentence } of grades) {
      const words = sentence === null ? SENTENCES.utf8.words : sentence.words;
      if (VERDICT_FOR[duty] === 'OK') continue;
      expect(CLOSES.some(([, , , verdict, part]) => verdict === VERDICT_FOR[duty] && words.includes(part))).toBe(true);
    }
  });

  it('is FAILED for a client that does not end TCP when the server has', () => {
    const course = { ...COURSE, isClient: false, hasEnded: false };
    const { closeVerdict, text: explanation } = judge(ANSWER, stateOf({ closeCode: 3000, ended: false }), course);
    expect(closeVerdict).toBe('FAILED');
    expect(explanation).toContain('an endpoint considers the WebSocket connection closed and MUST close');
  });

  it('is INFORMATIONAL if the standard leaves the behavior open, and the text says what the agent did', () => {
    const test = { ...testOf(expectClose(1000, echoOf('text', 'Hello'))), informational: true };
    const received = stateOf({
      closeCode: 1002,
      closeReason: 'why',
      messages: [{ type: 'text', payload: Buffer.from('a') }],
    });
    expect(judge(test, received, COURSE)).toEqual({
      verdict: 'INFORMATIONAL',
      closeVerdict: 'INFORMATIONAL',
      text: 'Received text of 1 byte ("a"), then a Close frame with 1002 "why"',
    });
  });
});

const pong = (payload: string, changes: Partial<ReceivedPong> = {}): ReceivedPong => ({
  payload: Buffer.from(payload),
  ping: 0,
  messagesBefore: 0,
  isOutOfOrder: false,
  isAfterClose: false,
  ...changes,
});
const message = (payload: string): AgentState['messages'][number] => ({ type: 'text', payload: Buffer.from(payload) });
const replies = (...events: AgentEvent[]): ConformanceCase => testOf(expectReplies(...events));
const HELLO = echoOf('text', 'Hello');
const OPEN = { closeCode: 1000, messages: [message('Hello')] };

/** Each thing of `GRADES`, the agent that does it, and the verdict. */
const BEHAVIORS: Readonly<
  Record<
    keyof typeof GRADES,
    readonly [test: ConformanceCase, agent: Partial<AgentState>, course: Partial<Course>, verdict: string, text: RegExp]
  >
> = {
  wrongMessage: [
    replies(HELLO),
    { closeCode: 1000, messages: [message('Hallo')] },
    {},
    'FAILED',
    /^Message 1 is wrong; expected text of 5 bytes \("Hello"\); received text of 5 bytes \("Hallo"\) \(RFC 6455 §8\.1/,
  ],
  discardedMessage: [
    testOf(expectFailure(1002, HELLO)),
    { closeCode: 1002 },
    { ownEnd: { code: 1002, reason: '' } },
    'NON-STRICT',
    /^Message 1 is missing; expected text of 5 bytes \("Hello"\); received a Close frame with 1002 \(RFC 6455 §6\.2/,
  ],
  predictableKey: [
    { ...replies(HELLO), judgesKeys: true },
    { ...OPEN, keys: [1, 2, 3, 4] },
    { isClient: false },
    'FAILED',
    /^The masking keys can be predicted; expected random ones; received 00000001, .* \(RFC 6455 §5\.3/,
  ],
  noFailure: [
    FAILURE,
    { ended: false },
    { hasEnded: false },
    'FAILED',
    /^The agent did not fail the connection; expected a Close frame with 1002, or .*; received nothing within 7 ms/,
  ],
  earlyFailure: [
    FAILURE,
    { closeCode: 1002 },
    { ownEnd: { code: 1002, reason: '' }, isEarly: true },
    'FAILED',
    /^The agent failed the connection early; expected it to stay open .*; received a Close frame with 1002/,
  ],
  lateFailure: [
    FAILURE,
    { closeCode: 1002 },
    { ownEnd: { code: 1002, reason: '' }, isLate: true },
    'NON-STRICT',
    /^The agent failed the connection late; expected it to do so at .*; received a Close frame with 1002 after the rest/,
  ],
  ownFailure: [
    replies(HELLO),
    { ...OPEN, closeCode: 1002 },
    { ownEnd: { code: 1002, reason: 'bad' } },
    'FAILED',
    /^The agent closed the connection; expected it to stay open; received a Close frame with 1002 "bad"/,
  ],
  serverCloses: [replies(HELLO), OPEN, { ownEnd: { code: 1000, reason: '' } }, 'OK', /^$/],
  clientCloses: [
    replies(HELLO),
    OPEN,
    { ownEnd: { code: 1001, reason: '' }, isClient: false },
    'NON-STRICT',
    /^The agent closed .*Clients SHOULD NOT close the WebSocket connection arbitrarily/,
  ],
  noPong: [
    replies(pongOf('1'), pongOf('2')),
    { closeCode: 1000, pongs: [pong('1')], lastUnsolicitedPong: Buffer.from('3') },
    {},
    'FAILED',
    /^The last ping was not answered; expected pong of 1 byte \("2"\); received pong of 1 byte \("1"\), pong of 1 byte \("3"\)/,
  ],
  skippedPong: [replies(pongOf('1'), pongOf('2')), { closeCode: 1000, pongs: [pong('2')] }, {}, 'OK', /^$/],
  latePong: [
    replies(pongOf('1'), HELLO),
    { ...OPEN, pongs: [pong('1', { messagesBefore: 1 })] },
    {},
    'NON-STRICT',
    /^A pong is late; expected it before the end of the message; received pong of 1 byte \("1"\) after it/,
  ],
  unsolicitedPong: [
    replies(HELLO),
    { ...OPEN, unsolicitedPongs: 9, lastUnsolicitedPong: Buffer.from('1') },
    {},
    'OK',
    /^$/,
  ],
  answeredPong: [
    replies(HELLO),
    { ...OPEN, repeatedPong: Buffer.from('1') },
    {},
    'NON-STRICT',
    /^The agent answered a pong; expected nothing; received pong of 1 byte \("1"\)/,
  ],
  pongAfterFault: [
    FAILURE,
    { closeCode: 1002, pongs: [pong('1')] },
    { ownEnd: { code: 1002, reason: '' } },
    'FAILED',
    /^The agent answered a ping after the fault; expected nothing; received pong .*MUST NOT continue/,
  ],
  pongAfterClose: [
    ANSWER,
    { closeCode: 3000, pongs: [pong('1', { isAfterClose: true })] },
    {},
    'NON-STRICT',
    /^The agent answered a ping after the closing handshake; expected nothing; received pong/,
  ],
  serverStays: [ANSWER, { closeCode: 3000, ended: false }, { hasEnded: false }, 'FAILED', /^TCP did not end; expected/],
  clientStays: [
    ANSWER,
    { closeCode: 3000, ended: false },
    { hasEnded: false, isClient: false },
    'FAILED',
    /^TCP did not end; expected a client to end it, too; received nothing within 7 ms/,
  ],
};

describe('the verdict on what an agent does', () => {
  it.each(Object.entries(BEHAVIORS))('for %s', (name, [test, agent, course, verdict, expected]) => {
    const { duty } = GRADES[name as keyof typeof GRADES];
    expect(VERDICT_FOR[duty]).toBe(verdict);
    const judgement = judge(test, stateOf(agent), { ...COURSE, ...course });
    expect(name.endsWith('Stays') ? judgement.closeVerdict : judgement.verdict).toBe(verdict);
    expect(judgement.text).toMatch(expected);
  });

  it.each([
    [1000, 'OK'],
    [1001, 'OK'],
    [1002, 'FAILED'],
    [1005, 'OK'],
    [1006, 'FAILED'],
    [1007, 'FAILED'],
    [1011, 'FAILED'],
    [1012, 'OK'],
    [1013, 'OK'],
    [2999, 'FAILED'],
    [3000, 'OK'],
    [4999, 'OK'],
    [5000, 'FAILED'],
  ])('for a server that closes the connection after its echo with %i is %s', (code, verdict) => {
    const course = { ...COURSE, ownEnd: { code, reason: '' } };
    expect(judge(replies(HELLO), stateOf({ ...OPEN, closeCode: code }), course).verdict).toBe(verdict);
  });

  it('is FAILED for a pong that answers a ping after the fault, also behind the Close frame', () => {
    const agent = stateOf({ closeCode: 1002, pongs: [pong('1', { isAfterClose: true })] });
    expect(judge(FAILURE, agent, { ...COURSE, ownEnd: { code: 1002, reason: '' } }).verdict).toBe('FAILED');
  });

  it('allows an empty pong at any time: it may be a heartbeat', () => {
    const ownEnd = { code: 1002, reason: '' };
    const { verdict } = judge(FAILURE, stateOf({ closeCode: 1002, pongs: [pong('')] }), { ...COURSE, ownEnd });
    expect(verdict).toBe('OK');
  });

  it('names what was received in place of a failure', () => {
    const agent = stateOf({ closeCode: 1000, messages: [{ type: 'binary', payload: Buffer.of(0xff, 0xfe) }] });
    const { verdict, text: explanation } = judge(testOf(expectFailure(1007), [binary('')]), agent, COURSE);
    expect(verdict).toBe('FAILED');
    expect(explanation).toMatch(
      /^Message 1 is one too many; expected the failure of the connection; received binary of 2 bytes \(fffe\) \(RFC 6455 §8\.1/,
    );
  });
});

const LIMIT = 64 * 1024;
const MESSAGES = { short: echoOf('text', 'a'.repeat(LIMIT - 1)), long: echoOf('text', 'a'.repeat(LIMIT)) } as const;

describe('the verdict on an agent that refuses a message', () => {
  it.each([
    ['long', 1009, 0, 'INFORMATIONAL'],
    ['long', 1008, 0, 'INFORMATIONAL'],
    ['short', 1009, 0, 'FAILED'],
    ['short', 1008, 0, 'FAILED'],
    ['long', 1000, 0, 'FAILED'],
    ['long', 1002, 0, 'FAILED'],
    ['long', 1007, 0, 'FAILED'],
    ['long', 1011, 0, 'FAILED'],
    ['long', 1005, 0, 'FAILED'],
    ['long', undefined, 0, 'FAILED'],
    // The echo of the message before it has arrived, or an echo of all: then, nothing was refused.
    ['long', 1009, 1, 'INFORMATIONAL'],
    ['long', 1009, 2, 'FAILED'],
  ] as const)('that is %s, with the code %s after %i echoes: %s', (length, closeCode, echoes, verdict) => {
    const test = replies(MESSAGES[length], MESSAGES[length]);
    const messages = Array.from({ length: echoes }, () => MESSAGES[length] as AgentState['messages'][number]);
    const ownEnd = { code: closeCode, reason: 'limit' };
    const judgement = judge(test, stateOf({ closeCode, messages }), { ...COURSE, ownEnd });
    expect(judgement.verdict).toBe(verdict);
    if (verdict !== 'INFORMATIONAL') return;
    expect(judgement.closeVerdict).toBe('OK');
    expect(judgement.text).toMatch(
      /^The agent refused a message because of a limit of its own; expected text of 65536 bytes .*, or a Close frame with 1009 or 1008; received a Close frame with 100\d "limit" \(RFC 6455 §10\.4/,
    );
  });

  it('is FAILED if an echo before it is wrong', () => {
    const state = stateOf({ closeCode: 1009, messages: [message('Hallo')] });
    const course = { ...COURSE, ownEnd: { code: 1009, reason: '' } };
    expect(judge(replies(HELLO, MESSAGES.long), state, course).verdict).toBe('FAILED');
  });
});

describe('the text of a verdict', () => {
  it('quotes a sentence once, and then names its section', () => {
    const state = stateOf({ messages: [message('Hello')], ended: false });
    const { text: explanation } = judge(FAILURE, state, { ...COURSE, hasEnded: false });
    expect(explanation.split(SENTENCES.utf8.words)).toHaveLength(2);
    expect(explanation).toMatch(/No Close frame; .* \(RFC 6455 §8\.1\)$/);
  });
});

describe('the sentences', () => {
  it('are those of RFC 6455, word for word, if they demand something', () => {
    const texts = RFC_6455.map(({ text: words }) => words).join('\n');
    const demands = Object.values(SENTENCES).filter(
      ({ section, words }) => section.startsWith('RFC 6455') && /\b(MUST|SHOULD)\b/.test(words),
    );
    expect(demands.length).toBeGreaterThan(20);
    // An ellipsis joins two sentences.
    expect(demands.filter(({ words }) => !words.split(' … ').every((part) => texts.includes(part)))).toEqual([]);
  });
});
