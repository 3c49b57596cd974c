import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { Child } from '../../../src/compare/processes/calls.ts';
import type { AnsweringOperations } from './answering-child.ts';

function start(): Child<AnsweringOperations> {
  return new Child<AnsweringOperations>(new URL('./', import.meta.url), 'answering-child');
}

describe('a process that answers calls', () => {
  /** The first test uses it, and the second one ends it. */
  let child: Child<AnsweringOperations>;
  beforeAll(() => {
    child = start();
  });
  afterAll(() => child.stop());

  it('answers a call with the returned or fulfilled value, of any type that can be cloned, or with the thrown error', async () => {
    const values = new Map([[1, new Uint8Array([1, 2])]]);
    const answers = [child.call('later', values), child.call('sum', [1, 2]), child.call('sum', [])];
    expect(await Promise.all(answers)).toEqual([values, 3, 0]);
    await expect(child.call('fail', 'no luck')).rejects.toThrow('fail: no luck');
    expect(await child.call('sum', [1])).toBe(1);
  });

  it('rejects pending calls when it exits, with the reason', async () => {
    const waiting = child.call('wait', undefined);
    const ending = child.call('end', 3);
    for (const call of [waiting, ending]) await expect(call).rejects.toThrow('answering-child exited with 3');
    expect((await child.exited).message).toBe('answering-child exited with 3');
  });

  it('rejects pending calls when it is stopped, and can be stopped twice', async () => {
    const other = start();
    onTestFinished(() => other.stop());
    const waiting = expect(other.call('wait', undefined)).rejects.toThrow('answering-child exited with SIGKILL');
    await other.stop();
    await other.stop();
    await waiting;
  });
});
