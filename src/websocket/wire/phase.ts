/**
 * The phases of a connection, named after who has sent a Close frame so far. These are all transitions; a spec compares
 * them with `TRANSITIONS`:
 *
 *     open            close          closing-local     we sent a Close frame
 *     open            receive close  closing-remote    the peer sent one; we have not answered yet
 *     open            fail           closed
 *     open            end            closed            the transport ended without a Close frame
 *     closing-local   receive close  closed            the closing handshake is complete
 *     closing-local   fail           closed
 *     closing-local   end            closed
 *     closing-remote  close          closed            the closing handshake is complete
 *     closing-remote  end            closed
 *
 * Nothing leads out of `closed`: further input is discarded, and nothing is sent (RFC 6455 §5.5.1, §7.1.7).
 *
 * @internal
 */
export const TRANSITIONS = {
  open: { close: 'closing-local', 'receive close': 'closing-remote', fail: 'closed', end: 'closed' },
  'closing-local': { 'receive close': 'closed', fail: 'closed', end: 'closed' },
  'closing-remote': { close: 'closed', end: 'closed' },
  closed: {},
} as const satisfies Record<Phase, Partial<Record<PhaseEvent, Phase>>>;

/** The phase of a connection, named after who has sent a Close frame so far. */
export type Phase = 'open' | 'closing-local' | 'closing-remote' | 'closed';
/** What changes the phase: a Close frame that is sent or received, a failure, or the end of the transport. @internal */
export type PhaseEvent = 'close' | 'receive close' | 'fail' | 'end';

/** The phase that follows, or undefined if the table has no such transition. @internal */
export function nextPhase(phase: Phase, event: PhaseEvent): Phase | undefined {
  const transitions: Partial<Record<PhaseEvent, Phase>> = TRANSITIONS[phase];
  return transitions[event];
}
