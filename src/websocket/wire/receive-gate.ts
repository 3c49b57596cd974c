/**
 * What may stop a connection from reading or delivering. The values are bits: a connection keeps all of them in a number.
 *
 * @internal
 */
export const Condition = {
  /** The application has paused the connection. */
  APPLICATION: 1,
  /** The next event must wait for the next turn of the event loop. */
  TURN: 2,
  /** A compressed message is being inflated on a thread. */
  INFLATING: 4,
  /** The transport has closed in both directions. */
  TRANSPORT_CLOSED: 8,
  /** The connection is in the phase `closed`. */
  CLOSED: 16,
  /** The peer has taken its share of this turn of the event loop: other connections go first. */
  BUDGET: 32,
} as const;

/** Why a connection is paused. It stays paused until every reason is withdrawn. */
export type PauseReason = 'application' | 'turn' | 'budget';

/** The conditions that `pause()` sets. @internal */
export const PAUSED: number = Condition.APPLICATION | Condition.TURN | Condition.BUDGET;

/** The condition that a reason to pause sets. @internal */
export function conditionOf(reason: PauseReason): number {
  if (reason === 'application') return Condition.APPLICATION;
  return reason === 'turn' ? Condition.TURN : Condition.BUDGET;
}

/** @internal */
export type ReceiveStateName = 'closed' | 'busy' | 'detached' | 'paused' | 'flowing';

/** One row of the table below. @internal */
export interface ReceiveState {
  /** The state applies if one of these conditions is true. With 0, it applies if no other state does. */
  readonly condition: number;
  readonly input: 'decode' | 'keep' | 'discard';
  readonly transport: 'read' | 'wait';
  readonly end: 'now' | 'after input';
}

/**
 * What a connection does with its input. Conditions change independently of each other, and several may be true at once.
 * The first row that applies is the state (a spec compares these rows with the code):
 *
 *     state     condition           input    transport  end
 *     closed    CLOSED              discard  read       now
 *     busy      INFLATING | BUDGET  keep     wait       after input
 *     detached  TRANSPORT_CLOSED    decode   wait       now
 *     paused    APPLICATION | TURN  keep     wait       after input
 *     flowing   none                decode   read       now
 *
 * - input: received bytes are decoded, kept until the state changes, or discarded. Kept bytes are decoded in order.
 * - transport: the transport is read, or it waits. A closed connection continues to read until the transport ends.
 * - end: the end of the transport ends the connection now, or once all input that was kept has been delivered.
 *
 * A closed connection delivers nothing, so no condition holds it back. A message that is being inflated precedes all later bytes, so
 * even a transport that has closed waits for it. Input that was received before the transport closed takes as long to handle as
 * before, so the budget still counts. All other pauses no longer count: there is no peer left to slow down.
 *
 * @internal
 */
export const RECEIVE_STATES: Readonly<Record<ReceiveStateName, ReceiveState>> = {
  closed: { condition: Condition.CLOSED, input: 'discard', transport: 'read', end: 'now' },
  busy: { condition: Condition.INFLATING | Condition.BUDGET, input: 'keep', transport: 'wait', end: 'after input' },
  detached: { condition: Condition.TRANSPORT_CLOSED, input: 'decode', transport: 'wait', end: 'now' },
  paused: { condition: Condition.APPLICATION | Condition.TURN, input: 'keep', transport: 'wait', end: 'after input' },
  flowing: { condition: 0, input: 'decode', transport: 'read', end: 'now' },
};

/** The state under these conditions. @internal */
export function receiveState(conditions: number): ReceiveState {
  const { closed, busy, detached, paused, flowing } = RECEIVE_STATES;
  if ((conditions & closed.condition) !== 0) return closed;
  if ((conditions & busy.condition) !== 0) return busy;
  if ((conditions & detached.condition) !== 0) return detached;
  return (conditions & paused.condition) !== 0 ? paused : flowing;
}
