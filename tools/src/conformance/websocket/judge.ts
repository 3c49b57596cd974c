import type { Verdict } from '../verdict.ts';
import type { AgentState } from './agent-state.ts';
import { type ConformanceCase, type DataEvent, expectedMessages } from './case.ts';
import type { Course, Deviation, OwnEnd } from './course.ts';
import { describeClose, describeDifference, describeEvent, describeEvents } from './describe-event.ts';
import { GRADES, type Grade, verdictOf } from './grades.ts';
import { isSameMessage } from './incoming.ts';
import { judgeClose } from './judge-close.ts';
import { judgeKeys } from './judge-keys.ts';
import { CloseCode } from './protocol.ts';
import { describeRefusal } from './refused-message.ts';
import { quote, type Sentence } from './sentences.ts';

export interface Judgement {
  readonly verdict: Verdict;
  readonly closeVerdict: Verdict;
  /** What was wrong, or is worth knowing: what was expected, what was received, and the sentence of the standard. */
  readonly text: string;
}

/** Judges what an agent did in a case. */
export function judge(test: ConformanceCase, agent: AgentState, course: Course): Judgement {
  if (agent.violation !== undefined) {
    const closing = judgeClose(test, agent, course);
    return { verdict: 'FAILED', closeVerdict: verdictAmong(closing), text: `The agent sent ${agent.violation}` };
  }
  if (test.informational) {
    return { verdict: 'INFORMATIONAL', closeVerdict: 'INFORMATIONAL', text: `Received ${describeCourse(agent)}` };
  }
  if (test.mayWait === true && isWaiting(agent, course)) return { verdict: 'OK', closeVerdict: 'OK', text: '' };
  const refusal = describeRefusal(test, agent, course);
  if (refusal !== null) {
    return { verdict: 'INFORMATIONAL', closeVerdict: verdictAmong(judgeClose(test, agent, course)), text: refusal };
  }
  const messages = judgeMessages(test, agent, course);
  // A connection that is lost explains why a message is missing.
  const ending = messages.length > 0 && test.expect.ending === 'clean' ? [] : judgeEnding(test, agent, course);
  const keys = test.judgesKeys === true ? judgeKeys(agent) : [];
  const behavior = [...messages, ...judgePongs(test, agent), ...keys, ...ending];
  const closing = judgeClose(test, agent, course);
  // What failed comes first.
  const all = [...behavior, ...closing].filter(({ grade }) => verdictOf(grade) !== 'OK');
  all.sort((one, other) => Number(isFailed(other)) - Number(isFailed(one)));
  return {
    verdict: verdictAmong(behavior),
    closeVerdict: verdictAmong(closing),
    text: explain(all, test.sentence),
  };
}

/** Whether the agent neither answers nor ends the connection. */
function isWaiting({ messages, pongs }: AgentState, { ownEnd }: Course): boolean {
  return ownEnd === null && messages.length === 0 && pongs.length === 0;
}

function isFailed({ grade }: Deviation): boolean {
  return verdictOf(grade) === 'FAILED';
}

function verdictAmong(deviations: readonly Deviation[]): Verdict {
  const verdicts = deviations.map(({ grade }) => verdictOf(grade));
  return verdicts.includes('FAILED') ? 'FAILED' : verdicts.includes('NON-STRICT') ? 'NON-STRICT' : 'OK';
}

/** What was wrong, each with its sentence. A sentence that has been quoted before is only named by its section. */
function explain(deviations: readonly Deviation[], ofCase: Sentence): string {
  const quoted = new Set<Sentence>();
  const parts = deviations.map(({ grade, text }) => {
    const sentence = grade.sentence ?? ofCase;
    const reason = quoted.has(sentence) ? sentence.section : quote(sentence);
    quoted.add(sentence);
    return `${text} (${reason})`;
  });
  return parts.join('. ');
}

/** Whether the agent has sent a message that the case does not expect. */
export function hasWrongMessage(expected: readonly DataEvent[], { messages }: AgentState): boolean {
  return messages.some((message, index) => expected[index] === undefined || !isSameMessage(message, expected[index]));
}

/** Whether all messages have arrived, and the pong for the last ping. */
export function isComplete(test: ConformanceCase, expected: readonly DataEvent[], agent: AgentState): boolean {
  return agent.messages.length >= expected.length && !lacksPong(test, agent);
}

function lacksPong({ expect }: ConformanceCase, { pongs }: AgentState): boolean {
  const last = expect.events.findLast(({ type }) => type === 'pong');
  return last !== undefined && !pongs.some(({ payload }) => Buffer.compare(payload, last.payload) === 0);
}

function judgeMessages(test: ConformanceCase, agent: AgentState, { ownEnd, timeLimit }: Course): Deviation[] {
  const expected = expectedMessages(test);
  const { messages } = agent;
  const isFailure = typeof test.expect.ending === 'object' && 'failed' in test.expect.ending;
  const count = Math.max(expected.length, messages.length);
  for (let index = 0; index < count; index++) {
    const [wanted, received] = [expected[index], messages[index]];
    if (wanted !== undefined && received !== undefined && isSameMessage(wanted, received)) continue;
    const name = `Message ${index + 1}`;
    if (wanted === undefined) {
      const what = isFailure ? `the failure of the connection` : 'no more messages';
      const text = `${name} is unexpected; expected ${what}; received ${describeEvent(received!)}`;
      return [{ grade: GRADES.wrongMessage, text }];
    }
    if (received !== undefined) {
      const where = describeDifference(wanted, received);
      const text = `${name} is wrong; expected ${describeEvent(wanted)}; received ${describeEvent(received)}${where}`;
      return [{ grade: GRADES.wrongMessage, text }];
    }
    const end = ownEnd === null ? `nothing within ${timeLimit} ms` : describeEnd(ownEnd);
    const text = `${name} is missing; expected ${describeEvent(wanted)}; received ${end}`;
    return [{ grade: isFailure && ownEnd !== null ? GRADES.discardedMessage : GRADES.wrongMessage, text }];
  }
  return [];
}

function judgePongs(test: ConformanceCase, agent: AgentState): Deviation[] {
  const { events, ending } = test.expect;
  const { pongs, repeatedPong, lastUnsolicitedPong, closeCode, closeReason } = agent;
  const isFailure = typeof ending === 'object' && 'failed' in ending;
  const deviations: Deviation[] = [];
  const add = (grade: Grade, text: string): void => void deviations.push({ grade, text });
  if (repeatedPong !== undefined) {
    const received = describeEvent({ type: 'pong', payload: repeatedPong });
    add(GRADES.answeredPong, `The agent answered a pong; expected nothing; received ${received}`);
  }
  const expected = events.filter(({ type }) => type === 'pong');
  if (expected.length > 0 && lacksPong(test, agent)) {
    const others = [...pongs.map(({ payload }) => payload), lastUnsolicitedPong ?? []].flatMap((payload) =>
      payload instanceof Uint8Array ? [{ type: 'pong' as const, payload }] : [],
    );
    const close =
      closeCode === undefined || ending === 'clean' ? '' : `, then ${describeClose(closeCode, closeReason)}`;
    const last = describeEvent(expected.at(-1)!);
    const which = expected.length === 1 ? 'The ping' : 'The last ping';
    const received = describeEvents(others) + close;
    add(GRADES.noPong, `${which} was not answered; expected ${last}; received ${received}`);
  }
  // For each expected pong, the number of messages that the case expects before it.
  const before = new Map<string, number>();
  let messages = 0;
  for (const event of events) {
    if (event.type === 'pong') before.set(keyOf(event.payload), messages);
    else messages++;
  }
  for (const pong of pongs) {
    const event = describeEvent({ type: 'pong', payload: pong.payload });
    const wanted = before.get(keyOf(pong.payload));
    if (wanted === undefined && isFailure) {
      // An empty pong may be a heartbeat of the agent.
      if (pong.payload.length === 0) continue;
      add(GRADES.pongAfterFault, `The agent answered a ping after the fault; expected nothing; received ${event}`);
    } else if (pong.isAfterClose) {
      const what = 'The agent answered a ping after the closing handshake';
      add(GRADES.pongAfterClose, `${what}; expected nothing; received ${event}`);
    } else if (wanted !== undefined && (pong.isOutOfOrder || pong.messagesBefore > wanted)) {
      const what = pong.isOutOfOrder ? 'the pong for a later ping' : 'the end of the message';
      add(GRADES.latePong, `A pong is late; expected it before ${what}; received ${event} after it`);
    }
  }
  return deviations;
}

const keyOf = (payload: Uint8Array): string => Buffer.from(payload).toString('hex');

/**
 * Whether a close code says that the agent has decided to close, and not that something is wrong. RFC 6455 §7.4.2 reserves 3000 to
 * 4999 for libraries and applications; 1012 and 1013 are registered for a server that restarts or is busy. A Close frame may have no
 * code (§5.5.1).
 */
function isDecision(code: number): boolean {
  return DECISIONS.has(code) || (code >= 3000 && code <= 4999);
}

const DECISIONS: ReadonlySet<number> = new Set([
  CloseCode.NORMAL,
  CloseCode.GOING_AWAY,
  CloseCode.NO_STATUS,
  1012,
  1013,
]);

/** Judges whether the agent failed the connection when it should, and not before. */
function judgeEnding(test: ConformanceCase, agent: AgentState, course: Course): Deviation[] {
  const { ownEnd, isEarly, isLate, isClient, timeLimit } = course;
  const { events, ending } = test.expect;
  const deviation = (grade: Grade, text: string): Deviation[] => [{ grade, text }];
  if (ending === 'clean') {
    if (ownEnd === null) return [];
    const isNormal = ownEnd.code !== undefined && isDecision(ownEnd.code);
    const text = `The agent closed the connection; expected it to stay open; received ${describeEnd(ownEnd)}`;
    if (isNormal && events.length > 0 && isComplete(test, expectedMessages(test), agent)) {
      return deviation(isClient ? GRADES.serverCloses : GRADES.clientCloses, text);
    }
    return deviation(GRADES.ownFailure, text);
  }
  if (!('failed' in ending)) return [];
  const codes = ending.failed.join(' or ');
  if (ownEnd === null) {
    // An echo of what is invalid says the same.
    if (hasWrongMessage(expectedMessages(test), agent)) return [];
    const expected = `expected a Close frame with ${codes}, or the end of TCP`;
    return deviation(
      GRADES.noFailure,
      `The agent did not fail the connection; ${expected}; received nothing within ${timeLimit} ms`,
    );
  }
  if (isEarly) {
    const expected = 'expected it to stay open until something invalid arrives';
    return deviation(
      GRADES.earlyFailure,
      `The agent failed the connection early; ${expected}; received ${describeEnd(ownEnd)}`,
    );
  }
  if (!isLate) return [];
  const expected = 'expected it to do so at the first invalid octet';
  return deviation(
    GRADES.lateFailure,
    `The agent failed the connection late; ${expected}; received ${describeEnd(ownEnd)} after the rest of the message`,
  );
}

export function describeEnd({ code, reason }: OwnEnd): string {
  return code === undefined ? 'the end of TCP' : describeClose(code, reason);
}

/** What an agent did, in words. */
function describeCourse({ messages, closeCode, closeReason, ended }: AgentState): string {
  const end =
    closeCode === undefined ? (ended ? 'the end of TCP' : 'no Close frame') : describeClose(closeCode, closeReason);
  return messages.length === 0 ? end : `${describeEvents(messages)}, then ${end}`;
}
