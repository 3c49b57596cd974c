import type { AgentState } from './agent-state.ts';
import { type ConformanceCase, expectedMessages } from './case.ts';
import type { Course } from './course.ts';
import { describeClose, describeEvent } from './describe-event.ts';
import { isSameMessage } from './incoming.ts';
import { CloseCode } from './protocol.ts';
import { quote, SENTENCES } from './sentences.ts';

/**
 * The shortest message that an agent may refuse as too long. The standard names no limit. But a shorter message that is called too
 * long is more likely a length that was not read correctly: all three forms of the length occur below.
 */
const SHORTEST = 64 * 1024;
/** RFC 6455 §7.4.1: a message "that is too big for it to process", or "that violates its policy". */
const CODES: readonly number[] = [CloseCode.TOO_BIG, CloseCode.POLICY_VIOLATION];

/**
 * Describes how an agent refused a long message because of a limit of its own. RFC 6455 §10.4: an agent SHOULD have such limits.
 * Returns null if it did not.
 */
export function describeRefusal(test: ConformanceCase, { messages }: AgentState, { ownEnd }: Course): string | null {
  if (test.expect.ending !== 'clean' || ownEnd?.code === undefined || !CODES.includes(ownEnd.code)) return null;
  const expected = expectedMessages(test);
  const refused = expected[messages.length];
  if (refused === undefined || refused.payload.length < SHORTEST) return null;
  if (!messages.every((message, index) => isSameMessage(message, expected[index]!))) return null;
  const received = describeClose(ownEnd.code, ownEnd.reason);
  const what = `The agent refused a message because of a limit of its own; expected ${describeEvent(refused)}`;
  return `${what}, or a Close frame with ${CODES.join(' or ')}; received ${received} (${quote(SENTENCES.limit)})`;
}
