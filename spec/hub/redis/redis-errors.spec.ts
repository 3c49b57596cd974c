import { describe, expect, it } from 'vitest';
import { isErrorReply, publishError, withAdvice } from '../../../src/hub/redis/redis-errors.ts';

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

  it('accepts a reason that is not an error', () => {
    expect(publishError('ERR text')).toMatchObject({ code: 'HUB_ERR_OUTCOME_UNKNOWN', cause: 'ERR text' });
  });
});

describe('isErrorReply()', () => {
  it('compares the whole code', () => {
    expect(isErrorReply(new Error('NOSCRIPT No matching script.'), 'NOSCRIPT')).toBe(true);
    expect(isErrorReply(new Error('NOSCRIPTS'), 'NOSCRIPT')).toBe(false);
    expect(isErrorReply(new Error('ERR NOSCRIPT'), 'NOSCRIPT')).toBe(false);
  });
});

describe('withAdvice()', () => {
  it.each([
    "NOPERM this user has no permissions to run the 'eval' command",
    "ERR The user executing the script can't run this command or subcommand script: 87ea, on @user_script:7.",
    "ERR ACL failure in script: User shop has no permissions to run the 'info' command script: 87ea, on @user_script:7.",
  ])('says where the rights are listed: %s', (message) => {
    const cause = new Error(message);
    const advised = withAdvice(cause) as Error;
    expect(advised).toMatchObject({
      message: `${message} (docs/hub.md lists the rights that a RedisLog requires)`,
      cause,
    });
    expect(publishError(advised).code).toBe('HUB_ERR_NOT_PUBLISHED');
  });

  it.each([new Error('ERR unknown command'), 'NOPERM text'])('leaves other reasons as they are: %s', (reason) => {
    expect(withAdvice(reason)).toBe(reason);
  });
});
