import { describe, expect, it, vi } from 'vitest';
import { type Appended, Hub, HubError, type NewEvent, type NewLogEntry } from '../../src/hub/index.ts';
import { FakeLog } from '../support/fake-log.ts';

/** A log that confirms an entry when the test says so. */
class SlowLog extends FakeLog {
  readonly asked: NewLogEntry[] = [];
  readonly #settle: ((answer: Promise<Appended>) => void)[] = [];

  override append(entry: NewLogEntry): Promise<Appended> {
    this.asked.push(entry);
    return new Promise((resolve) => this.#settle.push(resolve));
  }

  confirm(id: string, duplicate = false): void {
    this.#settle.shift()!(Promise.resolve({ id, duplicate }));
  }

  fail(error: unknown): void {
    this.#settle.shift()!(Promise.reject(error));
  }
}

const circle: unknown[] = [];
circle.push(circle);

describe('publish()', () => {
  it.each<[string, unknown, unknown, string, string]>([
    ['an invalid topic', 'a/*', { data: 1 }, 'TypeError', 'topic must be segments'],
    ['a topic that is not a string', 1, { data: 1 }, 'TypeError', 'topic must be segments'],
    ['no event', 'a', undefined, 'TypeError', 'event.data must be a value that JSON can express; received undefined'],
    ['an event that is not an object', 'a', 'text', 'TypeError', 'event must be an object; received "text"'],
    ['no data', 'a', {}, 'TypeError', 'event.data must be a value that JSON can express; received undefined'],
    ['a function as data', 'a', { data: () => 1 }, 'TypeError', 'event.data must be a value that JSON can express'],
    ['a symbol as data', 'a', { data: Symbol('s') }, 'TypeError', 'event.data must be a value that JSON can express'],
    ['a BigInt in data', 'a', { data: [1n] }, 'TypeError', 'event.data must be a value that JSON can express'],
    ['a circle as data', 'a', { data: circle }, 'TypeError', 'event.data must be a value that JSON can express'],
    [
      'a type with a line feed',
      'a',
      { data: 1, event: 'a\nb' },
      'RangeError',
      'event.event must be a string of at most 256 bytes without line breaks',
    ],
    [
      'a type that is not a string',
      'a',
      { data: 1, event: 1 },
      'TypeError',
      'event.event must be a string; received 1',
    ],
    [
      'an empty key',
      'a',
      { data: 1, idempotencyKey: '' },
      'RangeError',
      'event.idempotencyKey must be a string of 1 to',
    ],
    ['a key of 257 bytes', 'a', { data: 1, idempotencyKey: 'x'.repeat(257) }, 'RangeError', 'event.idempotencyKey'],
    ['a key with a control character', 'a', { data: 1, idempotencyKey: 'a\r' }, 'RangeError', 'event.idempotencyKey'],
    ['a key with a lone surrogate', 'a', { data: 1, idempotencyKey: '\udc00' }, 'RangeError', 'event.idempotencyKey'],
    ['a key that is not a string', 'a', { data: 1, idempotencyKey: 1 }, 'TypeError', 'event.idempotencyKey'],
  ])('rejects for %s, and appends nothing', async (_, topic, event, name, message) => {
    const log = new SlowLog();
    const hub = new Hub({ log });
    const refused = expect.objectContaining({
      name,
      code: 'HUB_ERR_INVALID_OPTION',
      message: expect.stringContaining(message),
    });
    await expect(hub.publish(topic as string, event as NewEvent)).rejects.toEqual(refused);
    expect(log.asked).toEqual([]);
    expect(hub.metrics()).toMatchObject({ published: 0, failed: 0, unconfirmed: 0 });
  });

  it('appends topic, type, key and the data as JSON, and resolves to the id', async () => {
    const log = new SlowLog();
    const hub = new Hub({ log });
    const published = hub.publish('a/b', { event: 'type', data: { when: new Date(0) }, idempotencyKey: 'key' });
    const plain = hub.publish('c', { data: null, event: '' });
    expect(log.asked).toEqual([
      { topic: 'a/b', event: 'type', data: '{"when":"1970-01-01T00:00:00.000Z"}', idempotencyKey: 'key' },
      { topic: 'c', event: '', data: 'null', idempotencyKey: undefined },
    ]);
    expect(hub.metrics()).toMatchObject({ published: 0, unconfirmed: 2 });
    log.confirm('7');
    log.confirm('8');
    expect(await Promise.all([published, plain])).toEqual(['7', '8']);
    expect(hub.metrics()).toMatchObject({ published: 2, failed: 0, unconfirmed: 0 });
  });

  it('throws with a cause for data that JSON cannot express', async () => {
    const data = {
      toJSON: () => {
        throw new Error('not today');
      },
    };
    await expect(new Hub().publish('a', { data })).rejects.toMatchObject({ cause: { message: 'not today' } });
  });

  it('rejects for data beyond maxEventBytes, counted in UTF-8', async () => {
    const hub = new Hub({ maxEventBytes: 6 });
    await hub.publish('a', { data: 'üü' });
    await expect(hub.publish('a', { data: 'üüx' })).rejects.toMatchObject({
      name: 'RangeError',
      message: 'event.data exceeds maxEventBytes (limit 6 bytes, received 7 bytes of JSON)',
    });
  });

  it('resolves to the id of the first event when its key is repeated', async () => {
    const hub = new Hub();
    const first = await hub.publish('a', { data: 1, idempotencyKey: 'key' });
    expect(await hub.publish('a', { data: 1, idempotencyKey: 'key' })).toBe(first);
    expect(await hub.publish('a', { data: 1, idempotencyKey: 'other' })).not.toBe(first);
  });
});

describe('When the log fails, publish()', () => {
  it('rejects with HUB_ERR_OUTCOME_UNKNOWN and the cause, unless the error says more', async () => {
    const log = new SlowLog();
    const hub = new Hub({ log });
    const published = hub.publish('a', { data: 1 });
    const cause = new Error('connection lost');
    log.fail(cause);
    const error = await published.catch((reason) => reason);
    expect(error).toBeInstanceOf(HubError);
    expect(error).toMatchObject({
      code: 'HUB_ERR_OUTCOME_UNKNOWN',
      message: 'The event may have been published: connection lost',
      cause,
    });
    expect(hub.metrics()).toMatchObject({ published: 0, failed: 1, unconfirmed: 0 });
  });

  it('rejects with what the log rejects with if that is a HubError, of either module format', async () => {
    const log = new SlowLog();
    const hub = new Hub({ log });
    const foreign = Object.assign(new Error('full'), { name: 'HubError', code: 'HUB_ERR_NOT_PUBLISHED' });
    for (const error of [new HubError('HUB_ERR_NOT_PUBLISHED', 'full'), foreign]) {
      const published = hub.publish('a', { data: 1 });
      log.fail(error);
      await expect(published).rejects.toBe(error);
    }
  });

  it('rejects with HUB_ERR_NOT_PUBLISHED for any error with this code', async () => {
    const log = new SlowLog();
    const published = new Hub({ log }).publish('a', { data: 1 });
    const cause = Object.assign(new Error('full'), { code: 'HUB_ERR_NOT_PUBLISHED' });
    log.fail(cause);
    const error = await published.catch((reason) => reason);
    expect(error).toBeInstanceOf(HubError);
    expect(error).toMatchObject({ code: 'HUB_ERR_NOT_PUBLISHED', message: 'The event was not published: full', cause });
  });

  it('rejects when append() throws, and for a reason that is not an error', async () => {
    const log = new FakeLog();
    const hub = new Hub({ log });
    vi.spyOn(log, 'append').mockImplementationOnce(() => {
      throw 'a text';
    });
    await expect(hub.publish('a', { data: 1 })).rejects.toMatchObject({
      code: 'HUB_ERR_OUTCOME_UNKNOWN',
      message: 'The event may have been published: a text',
    });
  });

  it('rejects with HUB_ERR_OUTCOME_UNKNOWN after publishTimeout', async () => {
    const hub = new Hub({ log: new SlowLog(), publishTimeout: 1 });
    await expect(hub.publish('a', { data: 1 })).rejects.toMatchObject({
      code: 'HUB_ERR_OUTCOME_UNKNOWN',
      message: 'The event may have been published: the log has not confirmed the event within 1 ms',
    });
    expect(hub.metrics().failed).toBe(1);
  });

  it('has no timer with a publishTimeout of 0', async () => {
    const log = new SlowLog();
    const timer = vi.spyOn(globalThis, 'setTimeout');
    const published = new Hub({ log, publishTimeout: 0 }).publish('a', { data: 1 });
    expect(timer).not.toHaveBeenCalled();
    timer.mockRestore();
    log.confirm('1');
    expect(await published).toBe('1');
  });
});

describe('maxUnconfirmedBytes', () => {
  const TOO_MANY = { name: 'HubError', code: 'HUB_ERR_TOO_MANY_UNCONFIRMED' };

  it('refuses events while the log is slow, without asking it, and takes them again when it has confirmed', async () => {
    const log = new SlowLog();
    const hub = new Hub({ log, maxUnconfirmedBytes: 2 * (1024 + 5) });
    const first = hub.publish('a', { data: 12345 });
    const second = hub.publish('a', { data: 12345 });
    await expect(hub.publish('a', { data: 1 })).rejects.toMatchObject({
      ...TOO_MANY,
      message: 'Too many unconfirmed events (limit 2058 bytes)',
    });
    expect(log.asked.length).toBe(2);
    log.confirm('1');
    await first;
    const third = hub.publish('a', { data: 1 });
    log.fail(new Error('lost'));
    log.confirm('3');
    await expect(second).rejects.toThrow('lost');
    expect(await third).toBe('3');
    expect(hub.metrics()).toMatchObject({ published: 2, failed: 1, unconfirmed: 0 });
  });

  it('accepts one event beyond the limit', async () => {
    const log = new SlowLog();
    const hub = new Hub({ log, maxUnconfirmedBytes: 3 });
    const published = hub.publish('a', { data: 'longer than the limit' });
    log.confirm('1');
    expect(await published).toBe('1');
  });

  it('counts an event until the log has settled it, also after publishTimeout', async () => {
    const log = new SlowLog();
    const hub = new Hub({ log, maxUnconfirmedBytes: 1034, publishTimeout: 1 });
    await expect(hub.publish('a', { data: '12345678' })).rejects.toMatchObject({ code: 'HUB_ERR_OUTCOME_UNKNOWN' });
    expect(hub.metrics()).toMatchObject({ failed: 1, unconfirmed: 1 });
    await expect(hub.publish('a', { data: 1 })).rejects.toMatchObject(TOO_MANY);
    log.confirm('1');
    await new Promise(setImmediate);
    expect(hub.metrics()).toMatchObject({ published: 0, failed: 1, unconfirmed: 0 });
    const published = hub.publish('a', { data: 1 });
    log.confirm('2');
    expect(await published).toBe('2');
  });

  it('of 0 is no limit', async () => {
    const log = new SlowLog();
    const hub = new Hub({ log, maxUnconfirmedBytes: 0 });
    const all = Array.from({ length: 20 }, () => hub.publish('a', { data: 'x'.repeat(400_000) }));
    for (const _ of all) log.confirm('1');
    expect(await Promise.all(all)).toEqual(all.map(() => '1'));
  });
});
