import { describe, expect, it } from 'vitest';
import { RawPeer, upgradeRequest } from '../../../spec/support/raw-peer.ts';
import { STREAM_CLIENT_CATALOGUE } from '../../src/conformance/catalogue.ts';
import { serveCases } from '../../src/conformance/serve-cases.ts';

/** What a peer can send instead of a path, and in Host. */
const TARGETS = [
  '//',
  '///',
  '/%',
  '*',
  'http://[',
  'http://',
  'a:b',
  '?',
  '/\u00ff',
  `/${'x'.repeat(5000)}`,
  'x://y:99999',
];
const HOSTS = ['a', '[', 'a:99999', '%', '://'];

describe('A server of cases', () => {
  it('answers or closes whatever the request target and Host are, and still serves afterwards', async () => {
    const server = await serveCases([], STREAM_CLIENT_CATALOGUE.slice(0, 1), { port: 0, host: '127.0.0.1' });
    const port = Number(server.address.split(':')[1]);
    const heads = [...TARGETS, '/runEventStream?case=1&agent=a', '/reportEventStream?case=1&agent=a'].flatMap(
      (target) =>
        HOSTS.flatMap((host) => [
          `GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
          `POST ${target} HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 4\r\n\r\nnull`,
          upgradeRequest({ Host: host }, `GET ${target} HTTP/1.1`),
          `OPTIONS ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
        ]),
    );
    for (const head of heads) {
      const peer = await RawPeer.connect(port);
      peer.write(Buffer.from(head, 'latin1'));
      expect(await peer.readHead(), head).toMatch(/^HTTP\/1\.1 \d\d\d /);
      peer.socket.destroy();
    }
    const peer = await RawPeer.connect(port);
    peer.write('GET /eventStreamCases HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    expect(await peer.readHead()).toMatch(/^HTTP\/1\.1 200 /);
    await server.close();
  });
});
