import { expect, it } from 'vitest';
import { HandshakeError } from '../../../src/websocket/handshake/handshake-error.ts';

it('has a code, a status, header fields and a cause', () => {
  const cause = new Error('reset');
  const error = new HandshakeError('WS_ERR_TEST', 'Refused', 426, { 'Sec-WebSocket-Version': '13' }, { cause });
  expect(error).toBeInstanceOf(Error);
  expect(error).toMatchObject({ name: 'HandshakeError', message: 'Refused', code: 'WS_ERR_TEST', status: 426, cause });
  expect(error.headers).toEqual({ 'Sec-WebSocket-Version': '13' });
});

it('has no header fields by default', () => {
  expect(new HandshakeError('WS_ERR_TEST', 'Refused', 400).headers).toEqual({});
});
