import { describe, expect, it } from 'vitest';
import { isErrorReply, publishError } from '../../../src/hub/redis/redis-errors.ts';

describe('publishError()', () => {
  it.each([
    'ERR unknown command',
    "READONLY You can't write against a read only replica.",
    "OOM command not allowed when used memory > 'maxmemory'.",
    'LOADING Redis is loading the dataset in memory',
    'The client is closed',
    'The client is offline',
    "Stream isn't writeable and enableOfflineQueue options is false",
  ])('says that nothing was published: %s', (message) => {
    const cause = new Error(message);
    expect(publishError(cause)).toMatchObject({ code: 'HUB_ERR_NOT_PUBLISHED', cause });
  });

  it.each([
    'Socket closed unexpectedly',
    'Connection is closed.',
    'Command timed out',
    'read ECONNRESET',
    'Reached the max retries per request limit (which is 20).',
    '',
  ])('says that the outcome is unknown: %j', (message) => {
    const cause = new Error(message);
    expect(publishError(cause)).toMatchObject({ code: 'HUB_ERR_OUTCOME_UNKNOWN', cause });
  });

  it('takes what is not an error', () => {
    expect(publishError('ERR text')).toMatchObject({ code: 'HUB_ERR_OUTCOME_UNKNOWN', cause: 'ERR text' });
  });
});

describe('isErrorReply()', () => {
  it('looks for one code', () => {
    expect(isErrorReply(new Error('NOSCRIPT No matching script.'), 'NOSCRIPT')).toBe(true);
    expect(isErrorReply(new Error('NOSCRIPTS'), 'NOSCRIPT')).toBe(false);
    expect(isErrorReply(new Error('ERR NOSCRIPT'), 'NOSCRIPT')).toBe(false);
  });
});
