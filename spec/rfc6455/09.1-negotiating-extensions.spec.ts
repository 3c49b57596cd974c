import { describe, expect, it } from 'vitest';
import { RawPeer, upgradeRequest } from '../support/raw-peer.ts';
import { openClient, startServer } from '../support/sockets.ts';

async function statusFor(extensions: string | string[]): Promise<string> {
  const { port } = await startServer();
  const peer = await RawPeer.connect(port);
  peer.write(upgradeRequest({ 'Sec-WebSocket-Extensions': extensions }));
  const head = await peer.readHead();
  expect(head).not.toMatch(/^Sec-WebSocket-Extensions:/im);
  return head.slice(9, 12);
}

describe('RFC 6455 §9.1, negotiating extensions', () => {
  for (const offer of ['foo', 'foo, bar; baz=2', 'foo; a="b"; c', ['foo', 'bar; x'], 'foo,,bar', 'deflate-stream']) {
    it(`unknown extensions are declined, and the handshake succeeds: ${JSON.stringify(offer)}`, async () => {
      expect(await statusFor(offer)).toBe('101');
    });
  }

  for (const offer of ['', ';', 'foo;', 'foo; =a', 'foo; a="not a token"', 'foo bar', 'foo; a="b', 'fo"o"']) {
    it(`a malformed field fails the handshake: ${JSON.stringify(offer)}`, async () => {
      expect(await statusFor(offer)).toBe('400');
    });
  }

  it('`extensions` is empty without extensions', async () => {
    const { url } = await startServer();
    expect((await openClient(url)).extensions).toBe('');
  });
});
