import { setTimeout as wait } from 'node:timers/promises';
import type { CaseResult, Verdict } from '../verdict.ts';
import type { WireLog } from '../wire-log.ts';
import type { AgentEvent, ConformanceCase, Expectation } from './case.ts';
import { close } from './cases/dsl.ts';
import { CloseCode } from './protocol.ts';
import { isSame, type TestConnection } from './test-connection.ts';

/** How a case is run. */
export interface RunOptions {
  /** Whether the tester is the client. */
  readonly isClient: boolean;
  /** Milliseconds; cases that take long have their own, which may be more. */
  readonly timeLimit: number;
}

/** Runs a case on an open connection, and judges. */
export async function runCase(
  test: ConformanceCase,
  connection: TestConnection,
  log: WireLog,
  { isClient, timeLimit }: RunOptions,
): Promise<CaseResult> {
  const { agent } = connection;
  const { expect, nonStrict = [] } = test;
  const inTimeFor = (condition: () => boolean): Promise<boolean> =>
    connection.until(condition, performance.now() + Math.max(timeLimit, test.timeLimit ?? 0));
  const hasFailed = (): boolean => agent.closeCode !== undefined || agent.ended || agent.violation !== undefined;
  connection.expected = expect.events;
  let isLate = false;
  for (const step of test.steps) {
    // What comes after it says nothing more.
    if (agent.violation !== undefined) break;
    if ('send' in step) await connection.send(step);
    else if ('compress' in step) await connection.compress(step.compress);
    else if ('pause' in step) await wait(step.pause);
    else if ('until' in step) await inTimeFor(() => agent.events.length >= step.until || hasFailed());
    else isLate ||= !hasFailed();
  }

  const wanted = expect.events.length;
  const isClean = expect.ending === 'clean';
  const inTime = await inTimeFor(() => hasFailed() || (isClean && agent.events.length >= wanted));
  // By itself: the tester has not closed yet.
  const failedItself = hasFailed();
  const endedWithoutClose = agent.ended && agent.closeCode === undefined;
  if (isClean && !failedItself) {
    await connection.send({ send: [close(CloseCode.NORMAL)] });
    await inTimeFor(hasFailed);
  }
  // §7.1.1: the server ends TCP first.
  const duration = log.time;
  if (!isClient) connection.end();
  const isEnd = (): boolean => agent.ended || agent.violation !== undefined;
  const ended = await connection.until(isEnd, performance.now() + timeLimit);
  connection.destroy();

  const result = { id: test.id, duration, closeCode: agent.closeCode ?? null, log: log.finish() };
  const matches = ({ events, ending }: Expectation): boolean =>
    sameEvents(agent.events, events) && (ending === 'clean') !== failedItself;
  const closeVerdict = judgeClose(expect, agent.closeCode, endedWithoutClose, ended || !isClient);
  if (agent.violation !== undefined) {
    return { ...result, verdict: 'FAILED', closeVerdict, text: `The agent sent ${agent.violation}` };
  }
  if (matches(expect)) {
    const verdict = test.informational ? 'INFORMATIONAL' : isLate ? 'NON-STRICT' : 'OK';
    const text = isLate ? 'The agent failed the connection later than it could' : '';
    return { ...result, verdict, closeVerdict, text: text || closeText(closeVerdict, agent.closeCode, ended) };
  }
  const text = inTime ? difference(agent.events, expect, failedItself) : 'The agent did not answer in time';
  if (test.informational) return { ...result, verdict: 'INFORMATIONAL', closeVerdict, text };
  const verdict = nonStrict.some(matches) ? 'NON-STRICT' : 'FAILED';
  return { ...result, verdict, closeVerdict, text };
}

function judgeClose(
  { ending }: Expectation,
  code: number | undefined,
  endedWithoutClose: boolean,
  ended: boolean,
): Verdict {
  if (typeof ending === 'object' && 'failed' in ending) {
    // §7.1.7: "the endpoint SHOULD send a Close frame with an appropriate status code".
    if (endedWithoutClose) return 'NON-STRICT';
    return code !== undefined && ending.failed.includes(code) && ended ? 'OK' : 'FAILED';
  }
  const codes = ending === 'clean' ? [CloseCode.NORMAL] : ending.closed;
  return code !== undefined && (codes as readonly number[]).includes(code) && ended ? 'OK' : 'FAILED';
}

function closeText(verdict: Verdict, code: number | undefined, ended: boolean): string {
  if (verdict === 'OK') return '';
  if (code === undefined) return 'The agent ended TCP without a Close frame';
  return ended ? `The agent closed with the code ${code}` : 'The agent did not end TCP';
}

function sameEvents(actual: readonly AgentEvent[], expected: readonly AgentEvent[]): boolean {
  return actual.length === expected.length && actual.every((event, index) => isSame(event, expected[index]!));
}

/** The first thing that is otherwise, in words. */
function difference(actual: readonly AgentEvent[], { events, ending }: Expectation, failedItself: boolean): string {
  for (let index = 0; index < Math.max(actual.length, events.length); index++) {
    const [event, expected] = [actual[index], events[index]];
    if (event !== undefined && expected !== undefined && sameEvents([event], [expected])) continue;
    return `Event ${index + 1} is ${words(event)}, and should be ${words(expected)}`;
  }
  if (failedItself) return 'The agent failed the connection, and should not have';
  return ending === 'clean' ? '' : 'The agent did not fail the connection, and should have';
}

function words(event: AgentEvent | undefined): string {
  if (event === undefined) return 'none';
  const { type, payload } = event;
  return `${type} of ${payload.length} bytes, ${Buffer.from(payload.subarray(0, 32)).toString('hex') || 'empty'}`;
}
