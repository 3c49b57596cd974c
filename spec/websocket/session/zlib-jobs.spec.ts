import { describe, expect, it } from 'vitest';
import { ZlibQueue, type ZlibUser } from '../../../src/websocket/session/zlib-jobs.ts';

const MIB = 1024 * 1024;

type Job = Parameters<ZlibQueue['run']>[2];

/** A queue, and connections that send messages of a size each, one after the other. */
class Scenario {
  readonly #queue = new ZlibQueue();
  readonly #running: (() => void)[] = [];
  /** The users of the jobs that were started, in order. */
  readonly started: string[] = [];

  user(concurrencyLimit = 4): ZlibUser {
    return { concurrencyLimit, queuePosition: 0 };
  }

  /** A job that processes a number of bytes, and is followed by as many others. */
  submit(name: string, user: ZlibUser, bytes: number, again = 0): void {
    this.#queue.run(user, bytes, (done) => {
      this.started.push(name);
      this.#running.push(() => {
        done(bytes);
        if (again > 0) this.submit(name, user, bytes, again - 1);
      });
    });
  }

  get running(): number {
    return this.#running.length;
  }

  /** Ends the job that has run for longest. */
  step(): void {
    this.#running.shift()!();
  }
}

describe('ZlibQueue', () => {
  it('runs all jobs, at most as many at a time as the limit, in the order in which they came', () => {
    const scenario = new Scenario();
    for (let index = 0; index < 10; index++) scenario.submit(`${index}`, scenario.user(2), 10);
    const atATime: number[] = [];
    while (scenario.running > 0) {
      atATime.push(scenario.running);
      scenario.step();
    }
    expect(scenario.started).toEqual(Array.from({ length: 10 }, (_, index) => `${index}`));
    expect(Math.max(...atATime)).toBeLessThanOrEqual(2);
  });

  it('lets connections take turns, by bytes and not by messages', () => {
    const scenario = new Scenario();
    for (let index = 0; index < 6; index++) {
      scenario.submit('large', scenario.user(1), 16 * MIB, 100);
      scenario.submit('small', scenario.user(1), 4 * MIB, 100);
    }
    for (let step = 0; step < 300; step++) scenario.step();
    const count = (name: string): number => scenario.started.filter((each) => each === name).length;
    expect(count('small') / count('large')).toBeCloseTo(4, 0);
  });

  it('starts a short message of another connection before the slices of those that inflate to the maximum', () => {
    const scenario = new Scenario();
    for (let index = 0; index < 20; index++) scenario.submit('bomb', scenario.user(), MIB, 1000);
    for (let step = 0; step < 45; step++) scenario.step();
    const honest = scenario.user();
    for (let message = 0; message < 10; message++) {
      const { length } = scenario.started;
      scenario.submit('honest', honest, MIB / 16);
      // It waits for one of those that run, and for nothing else.
      scenario.step();
      expect(scenario.started.slice(length)).toEqual(['honest']);
      for (let step = 0; step < 3; step++) scenario.step();
    }
  });

  it('lets a connection wait for one message of each other connection, however much it has used while it was alone', () => {
    const scenario = new Scenario();
    const busy = scenario.user(1);
    for (let message = 0; message < 10; message++) {
      scenario.submit('busy', busy, 10 * MIB);
      scenario.step();
    }
    for (let index = 0; index < 20; index++) scenario.submit('new', scenario.user(1), MIB, 100);
    const { length } = scenario.started;
    scenario.submit('busy', busy, MIB);
    for (let step = 0; step < 20; step++) scenario.step();
    expect(scenario.started.slice(length)).toContain('busy');
  });

  it('completes long messages in the order in which they came, and runs the rests of half as many as the limit at a time', () => {
    const queue = new ZlibQueue();
    const slices: string[] = [];
    const running: (() => void)[] = [];
    const begin = (name: string): void => {
      const slice =
        (left: number): Job =>
        (done) => {
          slices.push(name);
          running.push(() => (left > 1 ? done(MIB, slice(left - 1)) : done(MIB)));
        };
      queue.run({ concurrencyLimit: 4, queuePosition: 0 }, 100, slice(10));
    };
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) begin(name);
    const atATime: number[] = [];
    while (running.length > 0) {
      atATime.push(running.length);
      running.shift()!();
    }
    // Each begins; then two at a time are completed.
    expect(slices.slice(0, 4)).toEqual(['a', 'b', 'c', 'd']);
    expect(['a', 'b', 'c', 'd', 'e', 'f'].map((name) => slices.lastIndexOf(name))).toEqual(
      ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => slices.lastIndexOf(name)).toSorted((one, other) => one - other),
    );
    expect(slices.lastIndexOf('b')).toBeLessThan(26);
    expect(slices).toHaveLength(60);
    expect(atATime.slice(-10).every((count) => count <= 2)).toBe(true);
  });

  it('does not favour a connection because it has paused', () => {
    const scenario = new Scenario();
    for (let index = 0; index < 4; index++) scenario.submit('steady', scenario.user(), 16 * MIB, 100);
    for (let step = 0; step < 100; step++) scenario.step();
    const { length } = scenario.started;
    scenario.submit('burst', scenario.user(), 16 * MIB, 100);
    for (let step = 0; step < 20; step++) scenario.step();
    const bursts = scenario.started.slice(length).filter((name) => name === 'burst').length;
    expect(bursts).toBeLessThanOrEqual(5);
  });

  it('ends any number of jobs that are done at once', () => {
    const queue = new ZlibQueue();
    const user = { concurrencyLimit: 1, queuePosition: 0 };
    let ended = 0;
    let endFirst: () => void = () => {};
    queue.run(user, 0, (done) => {
      endFirst = () => done(0);
    });
    for (let index = 0; index < 100_000; index++) {
      queue.run(user, 0, (done) => {
        ended++;
        done(0);
      });
    }
    endFirst();
    expect(ended).toBe(100_000);
  });
});
