import { describe, expect, it } from 'vitest';
import { RedisLog, type RedisLogOptions } from '../../../src/hub/redis/index.ts';

const client = { sendCommand: async () => null, duplicate() {} };

describe('the options of RedisLog', () => {
  it.each([
    [{ key: '' }, RangeError, 'key must be a string that is not empty and has no braces; received ""'],
    [{ key: 'a{b}' }, RangeError, 'key must be a string that is not empty and has no braces; received "a{b}"'],
    [{ key: 1 }, TypeError, 'key must be a string; received 1'],
    [{ maxLength: 0 }, RangeError, 'maxLength must be '],
    [{ maxLength: 1.5 }, RangeError, 'maxLength must be '],
    [{ maxLength: '1' }, TypeError, 'maxLength must be '],
    [{ idempotencyKeys: -1 }, RangeError, 'idempotencyKeys must be '],
    [{ keepsDataOnRestart: 'yes' }, TypeError, 'keepsDataOnRestart must be a boolean; received "yes"'],
    [{ client: {} }, TypeError, 'client must be a client of the package redis or ioredis; received '],
  ])('must be valid: %j', (options, ErrorClass, message) => {
    const create = (): RedisLog => new RedisLog({ client, ...options } as RedisLogOptions);
    expect(create).toThrow(ErrorClass);
    expect(create).toThrow(
      expect.objectContaining({ code: 'HUB_ERR_INVALID_OPTION', message: expect.stringContaining(message) }),
    );
  });

  it('may be null for the default', () => {
    const options = { key: null, maxLength: null, idempotencyKeys: null, keepsDataOnRestart: null };
    expect(() => new RedisLog({ client, ...options } as unknown as RedisLogOptions)).not.toThrow();
  });

  it('need an object', () => {
    expect(() => new RedisLog(undefined as never)).toThrow(TypeError);
    expect(() => new RedisLog('redis://127.0.0.1' as never)).toThrow(/^options must be an object; received /);
  });
});
