import { Opcode } from '../websocket/protocol.ts';
import { type Behaviour, type Sent, STANDARD } from './echo-behaviour.ts';

/** An agent that does what the standards allow, but is unusual. It must pass every case. */
export interface RightAgent {
  readonly habit: string;
  readonly changes: Partial<Behaviour>;
}

const ping: Sent = { opcode: Opcode.PING, payload: 'are you there?' };
const pong: Sent = { opcode: Opcode.PONG, payload: 'I am here' };
const heartbeat: Sent = { opcode: Opcode.PONG, payload: '' };

export const RIGHT_AGENTS: readonly RightAgent[] = [
  { habit: 'pings when the connection opens', changes: { greeting: [ping] } },
  { habit: 'sends nothing before its first ping is answered', changes: { awaitsPong: true } },
  { habit: 'pings before each echo', changes: { beforeEcho: [ping, ping] } },
  {
    habit: 'sends its echo in fragments, with pings and pongs between them',
    changes: { fragmentSize: 7000, betweenFragments: [ping, pong] },
  },
  {
    habit: 'sends pongs that nobody requested',
    changes: { greeting: [pong, heartbeat], beforeEcho: [heartbeat, pong] },
  },
  {
    habit: 'answers only the last of ten pings',
    changes: { pong: (payload, number) => (payload.toString().startsWith('payload-') && number < 9 ? null : payload) },
  },
  {
    habit: 'answers a Close frame without a code',
    changes: { closeReply: () => 1005 },
  },
  {
    habit: 'answers each Close frame with 1000',
    changes: { closeReply: () => 1000 },
  },
  { habit: 'waits for the answer to its Close frame', changes: { awaitsCloseAnswer: true } },
  { habit: 'sends all its frames in one write', changes: { mergesFrames: true } },
  { habit: 'answers after a delay', changes: { delay: 30 } },
];

/** The behaviour of a right agent. */
export function behaviourOf({ changes }: RightAgent): Behaviour {
  return { ...STANDARD, ...changes };
}
