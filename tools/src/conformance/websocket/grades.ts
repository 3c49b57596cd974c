import type { Verdict } from '../verdict.ts';
import { SENTENCES, type Sentence } from './sentences.ts';

/** How strongly a standard demands what an agent did not do. */
export type Duty = 'MUST' | 'SHOULD' | 'MAY';

/** RFC 2119: the verdict on an agent that does not do what it MUST, SHOULD or MAY do. */
export const VERDICT_FOR: Readonly<Record<Duty, Verdict>> = { MUST: 'FAILED', SHOULD: 'NON-STRICT', MAY: 'OK' };

/** How strongly a standard demands something, and its sentence. */
export interface Grade {
  readonly duty: Duty;
  /** Null for the sentence that the case is about. */
  readonly sentence: Sentence | null;
}

const must = (sentence: Sentence | null): Grade => ({ duty: 'MUST', sentence });
const should = (sentence: Sentence | null): Grade => ({ duty: 'SHOULD', sentence });
const may = (sentence: Sentence | null): Grade => ({ duty: 'MAY', sentence });

/** What an agent does when it should have answered the tester's Close frame, or failed the connection. */
export type ReceivedClose =
  /** A Close frame with a code that the case names. */
  | 'expected code'
  /** A Close frame without a code. */
  | 'no code'
  /** A Close frame with another code that may be sent. */
  | 'another code'
  /** A Close frame with the code of the tester's invalid Close frame, which the agent so treats as valid. */
  | 'code of the invalid Close'
  /** A Close frame with a code that must not be sent. */
  | 'reserved code'
  /** Only the end of TCP. */
  | 'end of TCP'
  /** Neither a Close frame nor the end of TCP within the time limit. */
  | 'nothing';

/** What the agent should do: answer the tester's Close frame, or fail the connection. */
export type ExpectedClose = 'answer' | 'failure';

/** The verdicts on Close frames. */
export const CLOSE_GRADES: Readonly<Record<ExpectedClose, Readonly<Record<ReceivedClose, Grade>>>> = {
  answer: {
    'expected code': may(SENTENCES.closeEcho),
    'no code': may(SENTENCES.optionalCloseBody),
    // "typically" is less than SHOULD, but no reason to send another code is known.
    'another code': should(SENTENCES.closeEcho),
    'code of the invalid Close': may(SENTENCES.closeEcho),
    'reserved code': must(SENTENCES.closeBody),
    'end of TCP': must(SENTENCES.closeAnswer),
    nothing: must(SENTENCES.closeAnswer),
  },
  failure: {
    'expected code': may(SENTENCES.failureClose),
    'no code': should(SENTENCES.failureClose),
    'another code': should(SENTENCES.failureClose),
    'code of the invalid Close': must(null),
    'reserved code': must(SENTENCES.closeBody),
    'end of TCP': should(SENTENCES.failureClose),
    nothing: must(null),
  },
};

/** The verdicts on everything else that an agent does or does not do. */
export const GRADES = {
  /** A message that the agent echoes is missing, wrong, or one too many. */
  wrongMessage: must(null),
  /** A message before the fault is not echoed: the agent discarded it when it failed the connection. */
  discardedMessage: should(SENTENCES.messageReceived),
  /** The agent did not fail the connection for a fault. */
  noFailure: must(null),
  /** The agent failed the connection before anything was wrong. */
  earlyFailure: must(null),
  /** The agent failed the connection only when more had arrived. */
  lateFailure: should(SENTENCES.utf8),
  /** The agent closed or failed the connection in place of staying connected. */
  ownFailure: must(null),
  /** A server closed the connection normally after it had done all that the case expects. */
  serverCloses: may(SENTENCES.serverMayClose),
  /** The same for a client. */
  clientCloses: should(SENTENCES.clientShouldNotClose),
  /** The last ping is not answered. */
  noPong: must(SENTENCES.pong),
  /** A ping is not answered, but a later one is. */
  skippedPong: may(SENTENCES.latestPing),
  /** A pong arrives after the message that it could have preceded, or after the pong for a later ping. */
  latePong: should(SENTENCES.promptPong),
  /** A pong that nobody requested. */
  unsolicitedPong: may(SENTENCES.mayPong),
  /** A pong that repeats the payload of the tester's pong. */
  answeredPong: should(SENTENCES.unsolicitedPong),
  /** A pong for a ping that followed the fault. */
  pongAfterFault: must(SENTENCES.stopsProcessing),
  /** A pong for a ping that followed the tester's Close frame, after the agent's own. */
  pongAfterClose: should(SENTENCES.discardsAfterClose),
  /** The masking keys of a client are all the same, or a counter. */
  predictableKey: must(SENTENCES.freshKey),
  /** A server did not end TCP after the closing handshake, or after it failed the connection. */
  serverStays: must(SENTENCES.serverEndsTcp),
  /** A client did not end TCP, although the server has. */
  clientStays: must(SENTENCES.endsTcp),
} as const;

export function verdictOf({ duty }: Grade): Verdict {
  return VERDICT_FOR[duty];
}

/** RFC 6455 §7.4 and the registry of IANA: whether a Close frame may have this code. */
export function mayBeSent(code: number): boolean {
  return (code >= 1000 && code <= 1014 && ![1004, 1005, 1006].includes(code)) || (code >= 3000 && code <= 4999);
}
