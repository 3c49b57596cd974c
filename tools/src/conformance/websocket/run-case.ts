import { setTimeout as wait } from 'node:timers/promises';
import { type CaseResult, recordOf } from '../verdict.ts';
import type { WireLog } from '../wire-log.ts';
import { type ConformanceCase, expectedMessages, type Step } from './case.ts';
import { close } from './cases/dsl.ts';
import type { OwnEnd } from './course.ts';
import { describeExpectation } from './describe-event.ts';
import { describeSteps } from './describe-steps.ts';
import { hasWrongMessage, isComplete, judge } from './judge.ts';
import { CloseCode } from './protocol.ts';
import type { TestConnection } from './test-connection.ts';

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
  const expected = expectedMessages(test);
  const limit = Math.max(timeLimit, test.timeLimit ?? 0);
  let timedOut = '';
  const waitFor = async (what: string, condition: () => boolean): Promise<boolean> => {
    const isInTime = await connection.until(condition, performance.now() + limit);
    if (!isInTime && !agent.ended) timedOut ||= what;
    return isInTime;
  };
  connection.expected = expected;
  const { isEarly, isLate, isCut } = await runSteps(test.steps, connection, waitFor);

  const isClean = test.expect.ending === 'clean';
  const isDone = (): boolean =>
    hasEnded(connection) || hasWrongMessage(expected, agent) || (isClean && isComplete(test, expected, agent));
  if (!isCut) await waitFor('The agent did not do what the case expects', isDone);
  // The tester has not sent a Close frame yet, unless the steps have sent one.
  const ownEnd: OwnEnd | null =
    agent.closeCode === undefined && !agent.ended ? null : { code: agent.closeCode, reason: agent.closeReason };
  // An agent that did something else can still close the connection.
  if ((isClean || isCut || hasWrongMessage(expected, agent)) && !hasEnded(connection)) {
    await connection.send({ send: [close(CloseCode.NORMAL)] });
    await waitFor('The agent did not answer the Close frame', () => hasEnded(connection));
  }
  const duration = log.time;
  // RFC 6455 §7.1.1: the server ends TCP first. Within a frame that does not end, the agent cannot see the answer to its Close frame.
  if (!isClient || test.mayWait === true) connection.end();
  const isSilent = !isClean && timedOut !== '' && !hasEnded(connection);
  const deadline = performance.now() + (isClient && isSilent ? 0 : timeLimit);
  const isOut = await connection.until(() => agent.ended || agent.violation !== undefined, deadline);
  if (!isOut && !agent.ended) timedOut ||= 'The agent did not end TCP';
  const closing = connection.closing(timedOut);
  connection.destroy();

  const course = { isClient, ownEnd, isEarly, isLate, hasEnded: agent.ended, timeLimit: limit };
  const judgement = judge(test, agent, course);
  const hasFailed = judgement.verdict === 'FAILED' || judgement.closeVerdict === 'FAILED';
  return {
    id: test.id,
    ...judgement,
    steps: describeSteps(test.steps),
    expectation: describeExpectation(test.expect),
    duration,
    closeCode: agent.closeCode ?? null,
    log: log.finish(hasFailed),
    closing,
    ...recordOf(log),
  };
}

/** Whether the agent has closed or failed the connection. After a violation, its behavior shows nothing more. */
function hasEnded({ agent }: TestConnection): boolean {
  return agent.closeCode !== undefined || agent.ended || agent.violation !== undefined;
}

/** Sends what the case sends. `isCut` says that the agent did not send a message that the next steps need. */
async function runSteps(
  steps: readonly Step[],
  connection: TestConnection,
  waitFor: (what: string, condition: () => boolean) => Promise<boolean>,
): Promise<{ readonly isEarly: boolean; readonly isLate: boolean; readonly isCut: boolean }> {
  const { agent } = connection;
  const isOver = (): boolean => hasEnded(connection);
  let [isEarly, isLate] = [false, false];
  for (const step of steps) {
    if (agent.violation !== undefined) break;
    if ('send' in step) await connection.send(step);
    else if ('compress' in step) await connection.compress(step.compress);
    else if ('pause' in step) await wait(step.pause);
    else if ('until' in step) {
      const isThere = (): boolean => agent.messages.length >= step.until || isOver();
      // Each further message would take as long.
      if (!(await waitFor(`The agent did not send message ${step.until}`, isThere))) {
        return { isEarly, isLate, isCut: true };
      }
    } else if ('staysOpen' in step) {
      isEarly ||= await connection.until(isOver, performance.now() + step.staysOpen);
    } else {
      isLate ||= !(await waitFor('The agent did not fail the connection immediately', isOver));
    }
  }
  return { isEarly, isLate, isCut: false };
}
