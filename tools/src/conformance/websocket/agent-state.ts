import type { DataEvent } from './case.ts';

/** A pong that answers one of the tester's pings. */
export interface ReceivedPong {
  readonly payload: Uint8Array;
  /** Which of the tester's pings it answers, from 0. */
  readonly ping: number;
  /** How many messages had arrived before it. */
  readonly messagesBefore: number;
  /** Whether the pong for a later ping had arrived before it. */
  readonly isOutOfOrder: boolean;
  /** Whether the agent had sent a Close frame before it. */
  readonly isAfterClose: boolean;
}

/** What the agent has sent so far. */
export interface AgentState {
  /** Its messages, in order. */
  readonly messages: DataEvent[];
  /** The pongs that answer pings of the tester, in order. */
  readonly pongs: ReceivedPong[];
  /** The masking keys of its first frames. */
  readonly keys: number[];
  /** The number of its pings. */
  pings: number;
  /** The number of its pongs that answer no ping. */
  unsolicitedPongs: number;
  /** The payload of the latest of them, up to now. */
  lastUnsolicitedPong: Uint8Array | undefined;
  /** Whether an unsolicited pong repeats the payload of a pong of the tester. */
  repeatedPong: Uint8Array | undefined;
  /** The code in its Close frame: 1005 if the frame had none, undefined if no Close frame has arrived. */
  closeCode: number | undefined;
  closeReason: string;
  /** Whether it has ended TCP. */
  ended: boolean;
  /** Whether it has reset the connection. */
  reset: boolean;
  /** The first thing that it sent against the protocol. It fails the case. */
  violation: string | undefined;
}

export function newAgentState(): AgentState {
  return {
    messages: [],
    pongs: [],
    keys: [],
    pings: 0,
    unsolicitedPongs: 0,
    lastUnsolicitedPong: undefined,
    repeatedPong: undefined,
    closeCode: undefined,
    closeReason: '',
    ended: false,
    reset: false,
    violation: undefined,
  };
}
