import type { Grade } from './grades.ts';

/** How the agent ended a connection that the tester had not started to close. */
export interface OwnEnd {
  /** The code in its Close frame: 1005 if the frame had none, undefined if it sent no Close frame. */
  readonly code: number | undefined;
  readonly reason: string;
}

/** What happened in a case, beside what the agent sent. */
export interface Course {
  /** Whether the tester is the client. */
  readonly isClient: boolean;
  /** How the agent ended the connection before the tester started to close it; null if it did not. */
  readonly ownEnd: OwnEnd | null;
  /** Whether the agent failed the connection before anything was wrong. */
  readonly isEarly: boolean;
  /** Whether the agent failed the connection only after later steps. */
  readonly isLate: boolean;
  /** Whether the agent ended TCP within the time limit. */
  readonly hasEnded: boolean;
  /** Milliseconds that the tester waited. */
  readonly timeLimit: number;
}

/** Something that an agent did otherwise than expected. */
export interface Deviation {
  readonly grade: Grade;
  readonly text: string;
}
