import { describe, expect, it } from 'vitest';
import type { NewLogEntry } from '../../../src/hub/log/log.ts';
import { AppendQueue } from '../../../src/hub/redis/append-queue.ts';
import { NotConnectedError } from '../../../src/hub/redis/redis-errors.ts';
import { entry, numbers } from '../log-contract.ts';

interface Call {
  readonly number: number;
  readonly data: readonly string[];
  answer(reply: string): void;
  fail(error: Error): void;
}

/** A queue whose calls the test answers. */
function openQueue(): { readonly queue: AppendQueue; readonly calls: Call[] } {
  const calls: Call[] = [];
  const queue = new AppendQueue(
    (number: number, entries: readonly NewLogEntry[]) =>
      new Promise((answer, fail) => {
        calls.push({ number, data: entries.map(({ data }) => data), answer, fail });
      }),
  );
  return { queue, calls };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('AppendQueue', () => {
  it('appends the entries of one turn in one call', async () => {
    const { queue, calls } = openQueue();
    const appended = ['1', '2', '3'].map((data) => queue.append(entry(data)));
    await turn();
    expect(calls.map(({ data }) => data)).toEqual([['1', '2', '3']]);
    calls[0]!.answer('aa 7 =bb-3 8');
    expect(await Promise.all(appended)).toEqual([
      { id: 'aa-7', duplicate: false },
      { id: 'bb-3', duplicate: true },
      { id: 'aa-8', duplicate: false },
    ]);
  });

  it('makes one call at a time', async () => {
    const { queue, calls } = openQueue();
    const first = queue.append(entry('1'));
    await turn();
    const second = queue.append(entry('2'));
    await turn();
    const third = queue.append(entry('3'));
    await turn();
    expect(calls).toHaveLength(1);
    calls[0]!.answer('aa 1');
    await first;
    await turn();
    expect(calls.map(({ data }) => data)).toEqual([['1'], ['2', '3']]);
    calls[1]!.answer('aa 2 3');
    expect([await second, await third].map(({ id }) => id)).toEqual(['aa-2', 'aa-3']);
    void queue.append(entry('4'));
    await turn();
    expect(calls).toHaveLength(3);
  });

  it('rejects the entries of a call that has failed, and continues with the next one', async () => {
    const { queue, calls } = openQueue();
    const first = queue.append(entry('1'));
    await turn();
    const second = queue.append(entry('2'));
    calls[0]!.fail(new Error('ERR no'));
    await expect(first).rejects.toMatchObject({ code: 'HUB_ERR_NOT_PUBLISHED' });
    await turn();
    calls[1]!.answer('aa 1');
    expect((await second).id).toBe('aa-1');
  });

  it('repeats a call without an answer once, with the same number', async () => {
    const { queue, calls } = openQueue();
    const first = queue.append(entry('1'));
    await turn();
    calls[0]!.fail(new Error('Connection is closed.'));
    await turn();
    calls[1]!.answer('aa 1');
    expect((await first).id).toBe('aa-1');
    const second = queue.append(entry('2'));
    await turn();
    calls[2]!.fail(new Error('Connection is closed.'));
    await turn();
    calls[3]!.fail(new Error('READONLY no'));
    await expect(second).rejects.toMatchObject({
      code: 'HUB_ERR_OUTCOME_UNKNOWN',
      cause: { message: 'Connection is closed.' },
    });
    expect(calls.map(({ number, data }) => [number, ...data])).toEqual([
      [1, '1'],
      [1, '1'],
      [2, '2'],
      [2, '2'],
    ]);
  });

  it('repeats no call after it was closed', async () => {
    const { queue, calls } = openQueue();
    const sent = queue.append(entry('1'));
    await turn();
    queue.close();
    calls[0]!.fail(new Error('Connection is closed.'));
    await expect(sent).rejects.toMatchObject({ code: 'HUB_ERR_OUTCOME_UNKNOWN' });
    await turn();
    expect(calls).toHaveLength(1);
  });

  it('rejects all pending commands if the server cannot be reached', async () => {
    const { queue, calls } = openQueue();
    const sent = queue.append(entry('1'));
    await turn();
    const waiting = queue.append(entry('2'));
    calls[0]!.fail(new NotConnectedError(new Error('no')));
    for (const appended of [sent, waiting]) {
      await expect(appended).rejects.toMatchObject({
        code: 'HUB_ERR_NOT_PUBLISHED',
        message: 'The event was not published: Redis cannot be reached: no',
      });
    }
    expect(calls).toHaveLength(1);
  });

  it('bounds the number of entries in a call, and their length', async () => {
    const { queue, calls } = openQueue();
    const long = 'x'.repeat(200_000);
    for (const data of [...numbers(300), long, long, 'end']) queue.append(entry(data)).catch(() => {});
    const lengths: number[] = [];
    for (let call = 0; call < 3; call++) {
      await turn();
      const { data, answer } = calls[call]!;
      lengths.push(data.length);
      answer(`aa ${numbers(data.length).join(' ')}`);
    }
    expect(lengths).toEqual([256, 45, 2]);
  });

  it('appends an entry alone that is longer than a call may be', async () => {
    const { queue, calls } = openQueue();
    for (const data of ['x'.repeat(1_000_000), '2']) queue.append(entry(data)).catch(() => {});
    await turn();
    expect(calls[0]!.data).toHaveLength(1);
  });

  it('rejects pending entries when it is closed', async () => {
    const { queue, calls } = openQueue();
    const sent = queue.append(entry('1'));
    await turn();
    const waiting = queue.append(entry('2'));
    queue.close();
    const late = queue.append(entry('3'));
    await expect(sent).rejects.toMatchObject({ code: 'HUB_ERR_OUTCOME_UNKNOWN' });
    await expect(waiting).rejects.toMatchObject({ code: 'HUB_ERR_CLOSED' });
    await expect(late).rejects.toMatchObject({ code: 'HUB_ERR_CLOSED' });
    calls[0]!.answer('aa 1');
    await turn();
    expect(calls).toHaveLength(1);
  });
});
