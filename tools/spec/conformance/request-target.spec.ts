import { describe, expect, it } from 'vitest';
import { RawPeer, upgradeRequest } from '../../../spec/support/raw-peer.ts';
import { STREAM_CLIENT_CATALOGUE } from '../../src/conformance/catalogue.ts';
import { serveCases } from '../../src/conformance/serve-cases.ts';

/** Request targets that are not paths, and values of Host. */
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

describe('a case server', () => {
  it('answers or closes for any request target and Host, and serves the next request', async () => {
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
