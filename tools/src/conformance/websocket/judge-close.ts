import type { AgentState } from './agent-state.ts';
import type { ConformanceCase } from './case.ts';
import type { Course, Deviation } from './course.ts';
import { describeClose } from './describe-event.ts';
import { CLOSE_GRADES, GRADES, mayBeSent, type ReceivedClose } from './grades.ts';
import { CloseCode, Opcode } from './protocol.ts';

/** Judges how an agent closed the connection. */
export function judgeClose(test: ConformanceCase, agent: AgentState, course: Course): Deviation[] {
  const { ending } = test.expect;
  const { ownEnd, isClient, hasEnded, timeLimit } = course;
  const isFailure = typeof ending === 'object' && 'failed' in ending;
  const codes = ending === 'clean' ? [CloseCode.NORMAL] : isFailure ? ending.failed : ending.closed;
  // After a failure that did not happen, the tester closed the connection: what the agent answered is another matter.
  const [code, reason] = isFailure ? [ownEnd?.code, ownEnd?.reason] : [agent.closeCode, agent.closeReason];
  const ended = isFailure ? ownEnd !== null : agent.ended;
  // An agent that closes by itself chooses the code.
  const isOwnClose = ending === 'clean' && ownEnd !== null && code !== undefined && mayBeSent(code);
  const received = isOwnClose ? 'expected code' : kindOf(code, ended, codes, isFailure ? closeCodeOf(test) : undefined);
  const grade = CLOSE_GRADES[isFailure ? 'failure' : 'answer'][received];
  const names = codes.map((one) => (one === CloseCode.NO_STATUS ? 'no code' : String(one)));
  const wanted = `expected ${names.join(' or ')}`;
  const text =
    code !== undefined
      ? `Wrong close code; ${wanted}; received ${describeClose(code, reason ?? '')}`
      : `No Close frame; ${wanted}; received ${ended ? 'the end of TCP' : `nothing within ${timeLimit} ms`}`;
  const deviations: Deviation[] = [{ grade, text }];
  if (code !== undefined && !hasEnded && test.mayWait !== true) {
    const stays = isClient ? GRADES.serverStays : GRADES.clientStays;
    const expected = isClient
      ? 'expected a server to end it after the closing handshake'
      : 'expected a client to end it, too';
    deviations.push({ grade: stays, text: `TCP did not end; ${expected}; received nothing within ${timeLimit} ms` });
  }
  return deviations;
}

/** @param sent the code in the tester's invalid Close frame */
function kindOf(
  code: number | undefined,
  ended: boolean,
  expected: readonly number[],
  sent: number | undefined,
): ReceivedClose {
  if (code === undefined) return ended ? 'end of TCP' : 'nothing';
  if (expected.includes(code)) return 'expected code';
  if (code === CloseCode.NO_STATUS) return 'no code';
  if (!mayBeSent(code)) return 'reserved code';
  return code === sent ? 'code of the invalid Close' : 'another code';
}

/** The code in the Close frame that a case sends; undefined if it sends none, or one without a code. */
function closeCodeOf({ steps }: ConformanceCase): number | undefined {
  for (const step of steps) {
    if (!('send' in step)) continue;
    const payload = step.send.find(({ opcode }) => opcode === Opcode.CLOSE)?.payload ?? '';
    if (payload.length >= 2) return Buffer.from(payload as Uint8Array).readUInt16BE();
  }
  return undefined;
}
