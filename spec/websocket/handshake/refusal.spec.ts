import { expect, it } from 'vitest';
import { Refusal } from '../../../src/websocket/handshake/refusal.ts';

it('has a stable code, an error status and an explanation for each reason', () => {
  for (const { code, status, text } of Object.values(Refusal)) {
    expect(code).toMatch(/^WS_ERR_[A-Z_]+$/);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(text).not.toBe('');
  }
});

it('includes the accepted method and version in the response', () => {
  expect(Refusal.METHOD).toMatchObject({ status: 405, headers: { Allow: 'GET' } });
  expect(Refusal.VERSION).toMatchObject({ status: 426, headers: { 'Sec-WebSocket-Version': '13' } });
});
