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
    it(`an offer of extensions that are not known is not accepted, and does no harm: ${JSON.stringify(offer)}`, async () => {
      expect(await statusFor(offer)).toBe('101');
    });
  }

  for (const offer of ['', ';', 'foo;', 'foo; =a', 'foo; a="not a token"', 'foo bar', 'foo; a="b', 'fo"o"']) {
    it(`a field that does not conform to the grammar fails the handshake: ${JSON.stringify(offer)}`, async () => {
      expect(await statusFor(offer)).toBe('400');
    });
  }

  it('without extensions, `extensions` is empty', async () => {
    const { url } = await startServer();
    expect((await openClient(url)).extensions).toBe('');
  });
});
