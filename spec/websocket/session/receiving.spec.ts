import { Duplex } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Compression } from '../../../src/websocket/session/compression.ts';
import type { OpenTransport } from '../../../src/websocket/session/open-transport.ts';
import { Session } from '../../../src/websocket/session/session.ts';
import { sessionOptions } from '../../../src/websocket/session/session-options.ts';
import type { InflateResult } from '../../../src/websocket/wire/permessage-deflate.ts';
import { frame } from '../../support/frames.ts';
import { isDue, isFullRun } from '../../support/full-run.ts';
import { isOn, sequences } from '../../support/sequences.ts';

/** The longest sequences; the full run has longer ones. */
const LENGTH = isFullRun ? 5 : 4;

/** Enough turns of the event loop for everything that follows from the events, at one message in a turn. */
const TURNS = 2 * LENGTH + 4;

const EVENTS = [
  'messages',
  'compressed',
  'pause',
  'resume',
  'inflated',
  'peer close',
  'end',
  'transport close',
  'close',
  'terminate',
] as const;
type Event = (typeof EVENTS)[number];

/** Whether an event can happen after those before it, and may change something. */
function isPossible(event: Event, before: readonly Event[]): boolean {
  const isEnded = ['end', 'transport close', 'terminate'].some((end) => before.includes(end as Event));
  switch (event) {
    case 'messages':
    case 'compressed':
    case 'peer close':
    case 'end':
      return !isEnded;
    case 'pause':
      return !isOn(before, 'pause', 'resume');
    case 'resume':
      return isOn(before, 'pause', 'resume');
    case 'inflated':
      return before.includes('compressed');
    default:
      return !before.includes(event);
  }
}

/** A transport that the test reads and writes for. */
class FakeTransport extends Duplex {
  override _read(): void {}

  override _write(_chunk: Buffer, _encoding: string, callback: () => void): void {
    callback();
  }
}

/** A server's session on a transport of the test, that receives numbered messages, and what must hold at any time. */
class Scenario {
  /** What must never happen, but did. */
  readonly problems: string[] = [];
  readonly #transport = new FakeTransport();
  readonly #session: Session;
  readonly #allowSynchronousEvents: boolean;
  readonly #received: number[] = [];
  readonly #delivered: number[] = [];
  readonly #compressed: number[] = [];
  /** Messages that are being inflated. */
  readonly #inflations: ((result: InflateResult) => void)[] = [];
  #next = 0;
  #paused = false;
  #closing = false;
  #closeReceived = false;
  #terminated = false;
  #closeCodes: number[] = [];
  #messageInThisTurn = false;

  constructor(allowSynchronousEvents: boolean) {
    this.#allowSynchronousEvents = allowSynchronousEvents;
    const inflater = {
      takeWork: () => 0,
      inflateIfQuick: () => null,
      inflateLater: (_compressed: Uint8Array, _maxBytes: number, done: (result: InflateResult) => void) =>
        void this.#inflations.push(done),
    };
    const limits = { concurrencyLimit: Number.POSITIVE_INFINITY, queuePosition: 0 };
    const compression = { inflater, ...limits } as unknown as Compression;
    const listener = {
      onMessage: (data: Buffer) => this.#onMessage(Number(data)),
      onPing: () => {},
      onPong: () => {},
      onClosing: () => {
        this.#closing = true;
      },
      onDrain: () => {},
      onError: (error: Error) => void this.problems.push(error.message),
      onLost: (error: Error) => void this.problems.push(error.message),
      onClosed: (code: number) => void this.#closeCodes.push(code),
    };
    const open: OpenTransport = {
      transport: this.#transport,
      head: Buffer.alloc(0),
      agreement: { protocol: '', extensions: [], deflate: null },
      endpoint: { role: 'server' },
      options: sessionOptions({ allowSynchronousEvents }),
      compression,
      supervisor: null,
    };
    this.#session = new Session(open, listener);
  }

  #onMessage(number: number): void {
    this.#delivered.push(number);
    if (this.#terminated) this.problems.push('a message after terminate()');
    if (this.#closeCodes.length > 0) this.problems.push('a message after the end');
    if (this.#transport.closed) return;
    if (this.#paused) this.problems.push('a message while paused');
    if (this.#inflations.length > 0) this.problems.push('a message that overtook the one being inflated');
    if (this.#messageInThisTurn && !this.#allowSynchronousEvents) this.problems.push('two messages in a turn');
    this.#messageInThisTurn = true;
    setImmediate(() => {
      this.#messageInThisTurn = false;
    });
  }

  #number(): number {
    if (!this.#closeReceived) this.#received.push(this.#next);
    return this.#next++;
  }

  #message(): Buffer {
    return frame({ opcode: 1, payload: `${this.#number()}` });
  }

  get delivered(): number {
    return this.#delivered.length;
  }

  /** Receives a number of messages in one chunk. */
  receive(count: number): void {
    this.#transport.push(Buffer.concat(Array.from({ length: count }, () => this.#message())));
  }

  take(event: Event): void {
    switch (event) {
      case 'messages':
        this.receive(2);
        break;
      case 'compressed':
        this.#compressed.push(this.#number());
        this.#transport.push(Buffer.concat([frame({ rsv: 4, opcode: 1, payload: 'any' }), this.#message()]));
        break;
      case 'pause':
        this.#paused = true;
        this.#session.pause();
        break;
      case 'resume':
        this.#paused = false;
        this.#session.resume();
        break;
      case 'inflated':
        this.#inflations.shift()?.(Buffer.from(`${this.#compressed.shift()}`));
        break;
      case 'peer close':
        this.#closeReceived = true;
        this.#transport.push(frame({ opcode: 8 }));
        break;
      case 'end':
        this.#transport.push(null);
        break;
      case 'transport close':
        this.#transport.destroy();
        break;
      case 'close':
        this.#session.close(1000);
        break;
      case 'terminate':
        this.#terminated = true;
        this.#session.terminate();
        break;
    }
  }

  /** Waits until everything that follows from the events has happened. Then the transport is read, or not if held. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < TURNS; turn++) await nextTurn();
    if (this.#closing || this.#transport.destroyed || this.#transport.readableEnded) return;
    const isHeld = this.#paused || this.#inflations.length > 0;
    if (this.#transport.readableFlowing === isHeld) this.problems.push(isHeld ? 'reading while held' : 'not reading');
  }

  /** Removes every obstacle and ends the transport: now all must be delivered. */
  async finish(): Promise<void> {
    await this.settle();
    this.take('resume');
    this.#transport.push(null);
    for (let count = 0; count <= LENGTH; count++) {
      await this.settle();
      this.take('inflated');
    }
    const [received, delivered] = [this.#received, this.#delivered];
    if (delivered.some((number, index) => number !== received[index])) this.problems.push('not in order');
    if (delivered.length < received.length && !this.#terminated) this.problems.push('not everything was delivered');
    const code = this.#closeReceived && !this.#terminated ? 1005 : 1006;
    const isRight = this.#closeCodes.length === 1 && (this.#terminated || this.#closeCodes[0] === code);
    if (!isRight) this.problems.push(`closed with ${this.#closeCodes.join(', ') || 'nothing'}`);
  }
}

async function problemsOf(
  sequence: readonly Event[],
  allowSynchronousEvents: boolean,
  inOneTurn: boolean,
): Promise<string[]> {
  const scenario = new Scenario(allowSynchronousEvents);
  for (const event of sequence) {
    scenario.take(event);
    if (!inOneTurn) await scenario.settle();
  }
  await scenario.finish();
  return scenario.problems.map((problem) => `${sequence.join(', ')}: ${problem}`);
}

/** How many transports live at a time. */
const BATCH = 500;

describe('every combination of pause, inflate, close and end, in every order, on a transport', () => {
  describe.each([true, false])('with allowSynchronousEvents %s', (allowSynchronousEvents) => {
    it.each([
      ['each event in a turn of its own', false],
      ['all events in one turn', true],
    ])(
      'delivers each message once, in order, not while paused, and closes once: %s',
      async (_, inOneTurn) => {
        // Another program may stop this one for a while: that must not use up the budget of a turn.
        const clock = vi.spyOn(performance, 'now').mockReturnValue(performance.now());
        onTestFinished(() => clock.mockRestore());
        const possible = [...sequences(EVENTS, LENGTH, isPossible)];
        expect(possible.length).toBeGreaterThan(1500);
        // Without a full run, a third of them in each of the four ways.
        const turn = Number(inOneTurn) + Number(allowSynchronousEvents);
        const all = possible.filter((_, index) => isDue('sequences on a transport') || index % 3 === turn);
        const wrong: string[] = [];
        for (let start = 0; start < all.length; start += BATCH) {
          const batch = all.slice(start, start + BATCH);
          wrong.push(
            ...(
              await Promise.all(batch.map((sequence) => problemsOf(sequence, allowSynchronousEvents, inOneTurn)))
            ).flat(),
          );
        }
        expect(wrong.slice(0, 20)).toEqual([]);
      },
      60_000,
    );
  });
});

describe('a flood of messages', () => {
  const FLOOD = 20_000;

  /** Resolves when the budget of a turn is spent for the first time. */
  async function flood(): Promise<Scenario> {
    const scenario = new Scenario(true);
    await scenario.settle();
    scenario.receive(FLOOD);
    while (scenario.delivered === 0) await nextTurn();
    expect(scenario.delivered).toBeLessThan(FLOOD / 2);
    return scenario;
  }

  const until = (scenario: Scenario, count: number): Promise<void> =>
    expect.poll(() => scenario.delivered, { interval: 1, timeout: 30_000 }).toBe(count);

  it('is delivered in several turns of the event loop', async () => {
    const scenario = await flood();
    await until(scenario, FLOOD);
    await scenario.finish();
    expect(scenario.problems).toEqual([]);
  });

  it.each<readonly Event[]>([
    ['end'],
    ['transport close'],
    ['end', 'transport close'],
    ['pause', 'transport close'],
    ['close', 'transport close'],
  ])('is delivered in full, and one close follows, after %s, %s', async (...events) => {
    const scenario = await flood();
    for (const event of events) if (event !== undefined) scenario.take(event);
    await until(scenario, FLOOD);
    await scenario.finish();
    expect(scenario.problems).toEqual([]);
  });

  it('is not delivered faster if more is received meanwhile', async () => {
    const scenario = await flood();
    for (let chunk = 0; chunk < 50; chunk++) scenario.receive(FLOOD / 10);
    let before = scenario.delivered;
    for (let turn = 0; turn < 10; turn++) {
      await nextTurn();
      expect(scenario.delivered - before).toBeLessThan(FLOOD / 2);
      before = scenario.delivered;
    }
    await until(scenario, 6 * FLOOD);
    await scenario.finish();
    expect(scenario.problems).toEqual([]);
  });

  it('stops for a pause and for terminate()', async () => {
    const scenario = await flood();
    scenario.take('pause');
    const { delivered } = scenario;
    await scenario.settle();
    expect(scenario.delivered).toBe(delivered);
    scenario.take('resume');
    while (scenario.delivered === delivered) await nextTurn();
    const { delivered: later } = scenario;
    scenario.take('terminate');
    await scenario.settle();
    expect(scenario.delivered).toBe(later);
    expect(scenario.problems).toEqual([]);
  });

  it('lets another connection go first', async () => {
    const scenario = await flood();
    const other = new Scenario(true);
    other.receive(1);
    await until(other, 1);
    expect(scenario.delivered).toBeLessThan(FLOOD);
    await until(scenario, FLOOD);
  });
});
