import { setTimeout as wait } from 'node:timers/promises';

/** How much a count has grown. */
export interface Growth {
  readonly growth: number;
  /** For each second. */
  readonly rate: number;
}

/** Waits until the code on both ends is compiled, says `begin`, and looks how much the count grows in so many seconds. */
export async function growthOf(count: () => number, seconds: number): Promise<Growth> {
  await wait(Math.min(1000, seconds * 4000));
  console.log('begin');
  const [before, start] = [count(), performance.now()];
  await wait(seconds * 1000);
  const growth = count() - before;
  return { growth, rate: growth / ((performance.now() - start) / 1000) };
}
