import { byteCount, payloadText } from '../payload-text.ts';
import type { AgentEvent, Expectation } from './case.ts';
import { CloseCode } from './protocol.ts';

/** The octets of a payload that an explanation or a description shows. */
export const SHOWN = 32;

/** An event in words, such as `text of 5 bytes ("Hello")`. */
export function describeEvent({ type, payload }: AgentEvent): string {
  return describePayload(type, payload);
}

/** A payload of some kind in words, in the same form. */
export function describePayload(kind: string, payload: Uint8Array): string {
  const shown = payloadText(payload, SHOWN);
  return `${kind} of ${byteCount(payload.length)}${shown === '' ? '' : ` (${shown})`}`;
}

/** Events in words; `nothing` for none. */
export function describeEvents(events: readonly AgentEvent[]): string {
  if (events.length === 0) return 'nothing';
  const [first, second, ...rest] = events.map(describeEvent);
  if (second === undefined) return first!;
  return rest.length === 0 ? `${first}, ${second}` : `${first}, ${second}, and ${rest.length} more`;
}

/** The octets that an explanation shows behind a difference. */
const SHOWN_BEHIND = 16;

/** Where two payloads differ, in words; empty if `describeEvent()` shows it already. */
export function describeDifference(wanted: AgentEvent, received: AgentEvent): string {
  const [one, other] = [wanted.payload, received.payload];
  let index = 0;
  while (index < one.length && one[index] === other[index]) index++;
  if (index < SHOWN || (index === one.length && index === other.length)) return '';
  const [left, right] = [one, other].map((payload) => {
    const rest = payload.subarray(index);
    return rest.length === 0 ? 'the end' : payloadText(rest, SHOWN_BEHIND);
  });
  return `; the first difference is at byte ${index + 1}: expected ${left}; received ${right}`;
}

/** A Close frame in words. */
export function describeClose(code: number, reason: string): string {
  const words = code === CloseCode.NO_STATUS ? 'a Close frame without a code' : `a Close frame with ${code}`;
  return reason === '' ? words : `${words} ${JSON.stringify(reason)}`;
}

/** What a case expects, in words. */
export function describeExpectation({ events, ending }: Expectation): string {
  const parts = events.length === 0 ? [] : [describeEvents(events)];
  if (ending === 'clean') return [...parts, 'an answer to the Close frame'].join(', then ');
  const isFailure = 'failed' in ending;
  const codes = (isFailure ? ending.failed : ending.closed).filter((code) => code !== CloseCode.NO_STATUS);
  const end = isFailure
    ? `the failure of the connection with ${codes.join(' or ')}`
    : `a Close frame with ${codes.join(' or ')}`;
  return [...parts, end].join(', then ');
}
