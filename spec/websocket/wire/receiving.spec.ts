import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Connection } from '../../../src/websocket/wire/connection.ts';
import type { Role } from '../../../src/websocket/wire/frame.ts';
import { Inflater } from '../../../src/websocket/wire/permessage-deflate.ts';
import { Violation } from '../../../src/websocket/wire/violation.ts';
import { own } from '../../support/chunkings.ts';
import { frame } from '../../support/frames.ts';
import { isDue } from '../../support/full-run.ts';
import { connect, type RecordingSink } from '../../support/recording-sink.ts';
import { isOn, sequences } from '../../support/sequences.ts';

/** Everything that may stop a connection from delivering or reading, and everything that ends it. */
const EVENTS = [
  'messages',
  'compressed',
  'pause',
  'resume',
  'pause turn',
  'resume turn',
  'budget spent',
  'budget renewed',
  'inflated',
  'peer close',
  'end',
  'transport close',
  'close',
  'fail',
  'abort',
] as const;
type Event = (typeof EVENTS)[number];

/** Whether an event can happen after those before it, and may change something. */
function isPossible(event: Event, before: readonly Event[]): boolean {
  const count = (other: Event): number => before.filter((previous) => previous === other).length;
  switch (event) {
    case 'messages':
    case 'compressed':
    case 'peer close':
    case 'end':
      return !before.includes('end') && !before.includes('transport close');
    case 'pause':
    case 'pause turn':
      return count('pause') + count('pause turn') < 2 && before.at(-1) !== event;
    case 'resume':
      return isOn(before, 'pause', 'resume');
    case 'resume turn':
      return isOn(before, 'pause turn', 'resume turn');
    case 'budget spent':
      return !isOn(before, 'budget spent', 'budget renewed') && count('budget spent') < 1;
    case 'budget renewed':
      return isOn(before, 'budget spent', 'budget renewed');
    case 'inflated':
      return count('compressed') > count('inflated');
    default:
      return !before.includes(event);
  }
}

/** What the listener does in each event. */
type Reaction = (scenario: Scenario, event: string) => void;

/** Too large to be inflated synchronously. The result is the test's. */
const LARGE_PAYLOAD = randomBytes(17_000);
const LARGE = {
  server: frame({ rsv: 4, opcode: 1, payload: LARGE_PAYLOAD }),
  client: frame({ rsv: 4, opcode: 1, payload: LARGE_PAYLOAD, mask: false }),
};

/** A connection that receives numbered messages, and checks at each event of what must hold at any time. */
class Scenario {
  readonly connection: Connection;
  readonly sink: RecordingSink;
  /** What must never happen, but did. */
  readonly problems: string[] = [];
  readonly delivered: number[] = [];
  /** The messages that came before the peer's Close frame. */
  readonly received: number[] = [];
  readonly #compressed: number[] = [];
  #next = 0;
  #closeReceived = false;
  #transportEnded = false;
  #isAborted = false;
  #transportClosed = false;
  #overBudget = false;
  /** How deep in the listener this is. */
  #depth = 0;
  /** Whether the connection failed, was aborted, or reported the peer's Close frame. */
  isOver = false;

  readonly #role: Role;

  constructor(role: Role, reaction: Reaction = () => {}) {
    this.#role = role;
    const { connection, sink } = connect(role, {}, new Inflater(15, false));
    this.connection = connection;
    this.sink = sink;
    sink.reaction = ([type, payload]) => {
      if (this.isOver && type !== 'end') this.problems.push(`${type} when the connection was over`);
      if (type === 'close' || type === 'fail') this.isOver = true;
      if (type === 'text') {
        if (connection.paused && !this.#transportClosed) this.problems.push('a message while paused');
        if (this.#overBudget) this.problems.push('a message over the budget');
        if (connection.inflating) this.problems.push('a message that overtook the one being inflated');
        this.delivered.push(Number(payload));
      }
      if (type === 'end') return;
      this.#depth++;
      reaction(this, type);
      this.#depth--;
    };
  }

  #receive(...frames: readonly Buffer[]): void {
    this.connection.receive(own(Buffer.concat(frames)));
  }

  /** A frame of the peer: only what a client sends is masked (§5.1). */
  #frame(opcode: number, payload: string): Buffer {
    return frame({ opcode, payload, ...(this.#role === 'server' ? {} : { mask: false }) });
  }

  #number(): number {
    if (!this.#closeReceived) this.received.push(this.#next);
    return this.#next++;
  }

  #message(): Buffer {
    return this.#frame(1, `${this.#number()}`);
  }

  take(event: Event): void {
    const { connection } = this;
    const isInput = event === 'messages' || event === 'compressed' || event === 'peer close';
    if (isInput && this.#transportEnded) return;
    switch (event) {
      case 'messages':
        this.#receive(this.#message(), this.#message());
        break;
      case 'compressed':
        this.#compressed.push(this.#number());
        this.#receive(LARGE[this.#role], this.#message());
        break;
      case 'pause':
        connection.pause();
        break;
      case 'resume':
        connection.resume();
        break;
      case 'pause turn':
        connection.pause('turn');
        break;
      case 'resume turn':
        connection.resume('turn');
        break;
      case 'budget spent':
        this.#overBudget = true;
        connection.pause('budget');
        break;
      case 'budget renewed':
        this.#overBudget = false;
        connection.resume('budget');
        break;
      case 'inflated':
        if (connection.inflating) connection.inflated(Buffer.from(`${this.#compressed.shift()}`));
        break;
      case 'peer close':
        this.#closeReceived = true;
        this.#receive(this.#frame(8, ''));
        break;
      case 'end':
        this.#transportEnded = true;
        connection.receiveEnd();
        break;
      case 'transport close':
        this.#transportEnded = true;
        this.#transportClosed = true;
        connection.receiveClose();
        break;
      case 'close':
        connection.close(1000);
        break;
      case 'fail':
        connection.fail(Violation.INVALID_OPCODE);
        this.isOver = true;
        break;
      case 'abort':
        this.isOver = true;
        this.#isAborted = true;
        connection.abort();
        break;
    }
    this.#check();
  }

  #check(): void {
    const { connection } = this;
    const isHeld = connection.paused || connection.inflating;
    if (connection.phase === 'closed') {
      if (!connection.wantsInput) this.problems.push('a closed connection that does not read on to the end');
      const hasEnded = this.sink.events.some(([type]) => type === 'end');
      if (this.#transportEnded && this.#depth === 0 && !hasEnded && !this.#isAborted)
        this.problems.push('a transport that is not ended');
    } else if (connection.wantsInput !== (!isHeld && !this.#transportClosed)) {
      this.problems.push(isHeld ? 'reading while held' : 'not reading');
    }
    if (!isHeld && this.#depth === 0 && connection.undeliveredBytes > 0)
      this.problems.push('input that is kept for no reason');
  }

  /** Removes every obstacle and closes the transport: now all must be delivered. */
  finish(): void {
    this.take('resume');
    this.take('resume turn');
    this.take('budget renewed');
    for (const last of ['inflated', 'transport close', 'inflated'] as const) {
      do this.take(last);
      while (this.connection.inflating && last === 'inflated');
      // The listener may have spent it again.
      this.take('budget renewed');
    }
    const { connection, sink, delivered, received, isOver } = this;
    if (!connection.finished) this.problems.push('not finished');
    if (delivered.some((number, index) => number !== received[index])) this.problems.push('not in order');
    const all = delivered.length === received.length;
    if (!all && !isOver) this.problems.push('not everything was delivered');
    if (sink.events.filter(([type]) => type === 'end').length !== 1) this.problems.push('not one end');
    if (sink.events.at(-1)![0] !== 'end') this.problems.push('the end is not last');
  }
}

/** Runs all sequences, or each one after `step` others; returns the first of those in which something went wrong, and how many sequences there were. */
function run(role: Role, length: number, reaction?: () => Reaction, step = 1): [problems: string[], count: number] {
  const wrong: string[] = [];
  let count = 0;
  for (const sequence of sequences(EVENTS, length, isPossible)) {
    if (count++ % step > 0) continue;
    const scenario = new Scenario(role, reaction?.());
    for (const event of sequence) scenario.take(event);
    scenario.finish();
    if (scenario.problems.length > 0) wrong.push(`${sequence.join(', ')}: ${scenario.problems.join(', ')}`);
  }
  return [wrong.slice(0, 20), count];
}

/** Reacts to the first event only. */
function once(action: (scenario: Scenario) => void): () => Reaction {
  return () => {
    let done = false;
    return (scenario) => {
      if (done) return;
      done = true;
      action(scenario);
    };
  };
}

const REACTIONS: readonly (readonly [title: string, reaction: () => Reaction])[] = [
  ['pauses', once(({ connection }) => connection.pause())],
  ['pauses until the next turn', () => (scenario) => scenario.connection.pause('turn')],
  ['spends the budget', once((scenario) => scenario.take('budget spent'))],
  [
    'pauses and resumes',
    () => (scenario) => {
      scenario.connection.pause();
      scenario.connection.resume();
    },
  ],
  ['closes', once(({ connection }) => connection.close(1000))],
  ['aborts', once((scenario) => scenario.take('abort'))],
  ['fails', once((scenario) => scenario.take('fail'))],
  ['inflates synchronously', () => (scenario, event) => event === 'inflate' && scenario.take('inflated')],
  ['receives more', once((scenario) => scenario.take('messages'))],
  ['closes the transport', once((scenario) => scenario.take('transport close'))],
  ['ends the transport', once((scenario) => scenario.take('end'))],
];

describe('every combination of pause, inflate, close and end, in every order', () => {
  it.each([
    ['server', 4, 4000, 1],
    // Without a full run, a quarter of those of a client, which differ by the mask alone, and a sixteenth of the longer ones.
    ['client', 4, 4000, isDue('sequences of a client') ? 1 : 4],
    ['server, longer', 5, 40_000, isDue('longer sequences') ? 1 : 16],
  ] as const)(
    'delivers each message once, in order, not while paused, and ends once: %s',
    (title, length, least, step) => {
      const [wrong, count] = run(title === 'client' ? 'client' : 'server', length, undefined, step);
      expect(wrong).toEqual([]);
      expect(count).toBeGreaterThan(least);
    },
    60_000,
  );

  it.each(REACTIONS)('does so when the listener %s', (_, reaction) => {
    // Without a full run, a quarter of the sequences: the listener does the same in all of them.
    const [wrong, count] = run('server', 4, reaction, isDue('sequences with reactions') ? 1 : 4);
    expect(wrong).toEqual([]);
    expect(count).toBeGreaterThan(4000);
  });
});
