import { setTimeout as wait } from 'node:timers/promises';
import type { CaseResult, Verdict } from '../verdict.ts';
import type { WireLog } from '../wire-log.ts';
import type { AgentEvent, ConformanceCase, Ending, Expectation } from './case.ts';
import { close } from './cases/dsl.ts';
import { CloseCode } from './protocol.ts';
import { isSameEvent, type TestConnection } from './test-connection.ts';

/** How to run a case. */
export interface RunOptions {
  /** Whether the tester is the client. */
  readonly isClient: boolean;
  /** Milliseconds to wait for what the case expects. A case can set a longer time. */
  readonly timeLimit: number;
}

/** Runs a case on an open connection, and judges the agent. */
export async function runCase(
  test: ConformanceCase,
  connection: TestConnection,
  log: WireLog,
  { isClient, timeLimit }: RunOptions,
): Promise<CaseResult> {
  const { agent } = connection;
  const { expect, nonStrict = [] } = test;
  const waitFor = (condition: () => boolean): Promise<boolean> =>
    connection.until(condition, performance.now() + Math.max(timeLimit, test.timeLimit ?? 0));
  const hasFailed = (): boolean => agent.closeCode !== undefined || agent.ended || agent.violation !== undefined;
  connection.expected = expect.events;
  let isLate = false;
  for (const step of test.steps) {
    // After a violation, the agent's behavior shows nothing more.
    if (agent.violation !== undefined) break;
    if ('send' in step) await connection.send(step);
    else if ('compress' in step) await connection.compress(step.compress);
    else if ('pause' in step) await wait(step.pause);
    else if ('until' in step) await waitFor(() => agent.events.length >= step.until || hasFailed());
    else isLate ||= !hasFailed();
  }

  const count = expect.events.length;
  const isClean = expect.ending === 'clean';
  const inTime = await waitFor(() => hasFailed() || (isClean && agent.events.length >= count));
  // In a `clean` case, the tester has not sent a Close frame yet.
  const failedItself = hasFailed();
  const endedWithoutClose = agent.ended && agent.closeCode === undefined;
  if (isClean && !failedItself) {
    await connection.send({ send: [close(CloseCode.NORMAL)] });
    await waitFor(hasFailed);
  }
  const duration = log.time;
  // RFC 6455 §7.1.1: the server ends TCP first.
  if (!isClient) connection.end();
  const ended = await connection.until(
    () => agent.ended || agent.violation !== undefined,
    performance.now() + timeLimit,
  );
  connection.destroy();

  const result = { id: test.id, duration, closeCode: agent.closeCode ?? null, log: log.finish() };
  const matches = ({ events, ending }: Expectation): boolean =>
    areSameEvents(agent.events, events) && (ending === 'clean') !== failedItself;
  const closeVerdict = judgeClose(expect, agent.closeCode, endedWithoutClose, ended || !isClient);
  if (agent.violation !== undefined) {
    return { ...result, verdict: 'FAILED', closeVerdict, text: `The agent sent ${agent.violation}` };
  }
  if (matches(expect)) {
    const verdict = test.informational ? 'INFORMATIONAL' : isLate ? 'NON-STRICT' : 'OK';
    const text = isLate ? LATE : closeVerdict === 'OK' ? '' : describeClose(expect, agent.closeCode, ended);
    return { ...result, verdict, closeVerdict, text };
  }
  const text = difference(agent.events, expect, failedItself, inTime);
  if (test.informational) return { ...result, verdict: 'INFORMATIONAL', closeVerdict, text };
  const verdict = nonStrict.some(matches) ? 'NON-STRICT' : 'FAILED';
  return { ...result, verdict, closeVerdict, text };
}

const LATE = 'The agent failed the connection late; expected it to do so at the first invalid octet';

function judgeClose(
  expect: Expectation,
  code: number | undefined,
  endedWithoutClose: boolean,
  ended: boolean,
): Verdict {
  // RFC 6455 §7.1.7: "the endpoint SHOULD send a Close frame with an appropriate status code".
  if (endedWithoutClose && isFailure(expect.ending)) return 'NON-STRICT';
  return code !== undefined && closeCodesOf(expect).includes(code) && ended ? 'OK' : 'FAILED';
}

function isFailure(ending: Ending): ending is { readonly failed: readonly number[] } {
  return typeof ending === 'object' && 'failed' in ending;
}

/** The close codes that the agent may send. */
function closeCodesOf({ ending }: Expectation): readonly number[] {
  if (ending === 'clean') return [CloseCode.NORMAL];
  return isFailure(ending) ? ending.failed : ending.closed;
}

/** What was wrong with how the agent closed the connection. */
function describeClose(expect: Expectation, code: number | undefined, ended: boolean): string {
  const codes = closeCodesOf(expect);
  const expected = `expected ${codes.join(' or ')}`;
  if (code === undefined) {
    return ended ? `TCP ended without a Close frame; ${expected}` : `No Close frame within the time limit; ${expected}`;
  }
  if (!codes.includes(code)) return `Wrong close code; ${expected}; received ${code}`;
  return 'TCP did not end within the time limit; expected the agent to end it after the closing handshake';
}

function areSameEvents(actual: readonly AgentEvent[], expected: readonly AgentEvent[]): boolean {
  return actual.length === expected.length && actual.every((event, index) => isSameEvent(event, expected[index]!));
}

/** The first difference, in words. */
function difference(
  actual: readonly AgentEvent[],
  expect: Expectation,
  failedItself: boolean,
  inTime: boolean,
): string {
  const { events } = expect;
  for (let index = 0; index < Math.max(actual.length, events.length); index++) {
    const [event, expected] = [actual[index], events[index]];
    if (event !== undefined && expected !== undefined && isSameEvent(event, expected)) continue;
    const missing = inTime ? 'is missing' : 'did not arrive within the time limit';
    const wrong = event === undefined ? missing : expected === undefined ? 'is one too many' : 'is wrong';
    return `Event ${index + 1} ${wrong}; expected ${describeEvent(expected)}; received ${describeEvent(event)}`;
  }
  if (failedItself) return 'The agent failed the connection; expected it to stay open';
  if (!isFailure(expect.ending)) return inTime ? '' : 'The agent did not close the connection within the time limit';
  return `The agent did not fail the connection; expected a Close frame with ${closeCodesOf(expect).join(' or ')}`;
}

function describeEvent(event: AgentEvent | undefined): string {
  if (event === undefined) return 'nothing';
  const { type, payload } = event;
  const octets = Buffer.from(payload.subarray(0, 32)).toString('hex');
  const length = payload.length === 1 ? '1 byte' : `${payload.length} bytes`;
  return `${type} of ${length}${octets === '' ? '' : ` (${octets})`}`;
}
