import { createServer } from 'node:https';
import { describe, expect, it } from 'vitest';
import { LimitError, type ServerOptions, WebSocket, WebSocketServer } from '../../src/websocket/index.ts';
import { selfSignedCertificate } from '../support/certificate.ts';
import { openEnds, ROLES } from '../support/ends.ts';
import { closePayload } from '../support/frames.ts';
import { listen } from '../support/http-server.ts';
import { RawPeer, upgradeRequest } from '../support/raw-peer.ts';
import { ending, messages, openClient, startServer } from '../support/sockets.ts';

describe('RFC 6455 §10.2, origin considerations', () => {
  const policies: readonly [string, ServerOptions['origin'], string, boolean][] = [
    ['one origin', 'https://a.example', 'https://a.example', true],
    ['one origin', 'https://a.example', 'https://b.example', false],
    ['one origin, another scheme', 'https://a.example', 'http://a.example', false],
    ['one origin, a longer one', 'https://a.example', 'https://a.example.evil', false],
    ['a list', ['https://a.example', /^https:\/\/[^.]+\.b\.example$/], 'https://x.b.example', true],
    ['a list', ['https://a.example', /^https:\/\/[^.]+\.b\.example$/], 'https://x.y.b.example', false],
    ['same-origin', 'same-origin', 'http://127.0.0.1', true],
    ['same-origin', 'same-origin', 'http://evil.example', false],
    ['same-origin, an opaque origin', 'same-origin', 'null', false],
    ['a function', (origin) => origin === 'https://a.example', 'https://a.example', true],
    ['a function', (origin) => origin === 'https://a.example', 'https://b.example', false],
  ];
  for (const [title, policy, origin, allowed] of policies) {
    it(`${title}: ${origin} is ${allowed ? 'accepted' : 'rejected with 403'}`, async () => {
      const { port } = await startServer({ origin: policy });
      const peer = await RawPeer.connect(port);
      peer.write(upgradeRequest({ Origin: origin }));
      expect(await peer.readHead()).toMatch(allowed ? /^HTTP\/1\.1 101 / : /^HTTP\/1\.1 403 /);
    });
  }

  it('same-origin, with TLS: a page without TLS is rejected, although it has the same host', async () => {
    const http = createServer(await selfSignedCertificate());
    new WebSocketServer({ server: http, origin: 'same-origin' });
    const port = await listen(http);
    const url = `wss://127.0.0.1:${port}`;
    const options = { rejectUnauthorized: false };
    (await openClient(url, { ...options, origin: `https://127.0.0.1:${port}` })).terminate();
    const forwarded = { 'X-Forwarded-Proto': 'http' };
    const refused = new WebSocket(url, { ...options, origin: `http://127.0.0.1:${port}`, headers: forwarded });
    expect((await ending(refused)).errors).toMatchObject([{ status: 403 }]);
  });
});

describe.each(ROLES)('RFC 6455 §10.4, limits, at a %s', (role) => {
  it('a message of maxPayload bytes is accepted; the header of a longer one fails the connection with 1009', async () => {
    const { socket, peer, send, frames } = await openEnds(role, { maxPayload: 1000 });
    const received = messages(socket, 1);
    const ended = ending(socket);
    send({ opcode: 1, payload: 'x'.repeat(1000) });
    expect((await received)[0]).toHaveLength(1000);
    peer.write(frames({ opcode: 1, length: 1001 }));
    expect((await peer.readFrame()).payload).toEqual(closePayload(1009));
    peer.end();
    const { code, errors } = await ended;
    expect(code).toBe(1006);
    expect(errors[0]).toBeInstanceOf(LimitError);
    expect(errors[0]).toMatchObject({
      name: 'LimitError',
      code: 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH',
      closeCode: 1009,
      option: 'maxPayload',
      limit: 1000,
      actual: 1001,
      message: 'Message exceeds maxPayload (limit 1000 bytes, received at least 1001)',
    });
  });

  it('fragments of more than maxPayload bytes together fail the connection with 1009', async () => {
    const { peer, send } = await openEnds(role, { maxPayload: 1000 });
    send({ opcode: 2, fin: false, payload: Buffer.alloc(600) }, { opcode: 0, fin: false, payload: Buffer.alloc(401) });
    expect((await peer.readFrame()).payload).toEqual(closePayload(1009));
  });

  it('more fragments than maxFragments fail the connection with 1008, even if they are empty', async () => {
    const { socket, peer, send } = await openEnds(role, { maxFragments: 3 });
    const ended = ending(socket);
    send({ opcode: 1, fin: false }, ...Array.from({ length: 3 }, () => ({ opcode: 0, fin: false })));
    expect((await peer.readFrame()).payload).toEqual(closePayload(1008));
    peer.end();
    expect(await ended).toMatchObject({ errors: [{ option: 'maxFragments', limit: 3, actual: 4 }] });
  });

  it('the default of maxPayload is 16 MiB', async () => {
    const { socket, peer, send, frames } = await openEnds(role);
    const length = 16 * 1024 * 1024;
    const received = new Promise<number>((resolve) => socket.on('message', (data) => resolve((data as Buffer).length)));
    send({ opcode: 2, payload: Buffer.alloc(length) });
    expect(await received).toBe(length);
    socket.on('error', () => {});
    peer.write(frames({ opcode: 2, length: length + 1 }));
    expect((await peer.readFrame()).payload).toEqual(closePayload(1009));
  });
});
