import { expect, it } from 'vitest';
import { HandshakeError, hookFailed } from '../../../src/websocket/handshake/handshake-error.ts';

it('is an Error with the reason, the status and the header fields of a failed opening handshake', () => {
  const cause = new Error('cause');
  const error = new HandshakeError('WS_ERR_INVALID_METHOD', 'The method is not GET', 405, { Allow: 'GET' }, { cause });
  expect(error).toBeInstanceOf(Error);
  expect(error).toMatchObject({
    name: 'HandshakeError',
    reason: 'WS_ERR_INVALID_METHOD',
    message: 'The method is not GET',
    status: 405,
    headers: { Allow: 'GET' },
    cause,
  });
});

it('names the function of the application that failed, if one did', () => {
  const failed = new HandshakeError('WS_ERR_HOOK_FAILED', 'verifyClient failed: x', 500, {}, { hook: 'verifyClient' });
  expect(failed.hook).toBe('verifyClient');
  expect('hook' in new HandshakeError('WS_ERR_INVALID_KEY', 'Invalid key', 400, {}, { cause: 'x' })).toBe(false);
});

it('has no header fields by default', () => {
  expect(new HandshakeError('WS_ERR_HANDSHAKE_TIMEOUT', 'Opening handshake has timed out', 0).headers).toEqual({});
});

it('of a function of the application has its name, and says what it threw', () => {
  const cause = new Error('broken');
  const error = hookFailed('redirect', "A listener of 'redirect'", 0, cause);
  expect(error).toMatchObject({ reason: 'WS_ERR_HOOK_FAILED', hook: 'redirect', status: 0, headers: {}, cause });
  expect(error.message).toBe("A listener of 'redirect' failed: broken");
  expect(hookFailed('origin', 'origin', 500, 'text').message).toBe('origin failed: "text"');
});
