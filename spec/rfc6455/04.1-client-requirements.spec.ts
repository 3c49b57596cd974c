import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type ClientOptions, WebSocket } from '../../src/websocket/index.ts';
import { selfSignedCertificate } from '../support/certificate.ts';
import { listen } from '../support/http-server.ts';
import { rawServer, upgradeResponse } from '../support/raw-peer.ts';
import { type Ending, ending, startServer } from '../support/sockets.ts';

/** How a client ends with a server that sends this answer. The event 'open' fails the test. */
async function endingAgainst(
  answer: (head: string) => string | null,
  protocols: string[] = [],
  options: ClientOptions = {},
): Promise<Ending> {
  const port = await rawServer(async (peer) => {
    const response = answer(await peer.readHead());
    if (response !== null) peer.write(response);
  });
  const socket = new WebSocket(`ws://127.0.0.1:${port}/`, protocols, options);
  socket.on('open', () => expect.unreachable('the handshake is invalid'));
  return ending(socket);
}

/** The head of the request that a client sends. */
async function requestOf(path: string, protocols?: string[], options?: ClientOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    void rawServer(async (peer) => {
      resolve(await peer.readHead());
      peer.socket.destroy();
    }).then((port) => {
      new WebSocket(`ws://127.0.0.1:${port}${path}`, protocols, options).on('error', () => {});
    }, reject);
  });
}

describe('RFC 6455 §4.1, the client sends', () => {
  it('a GET request of HTTP/1.1 with Host, Upgrade, Connection, Sec-WebSocket-Key and Sec-WebSocket-Version', async () => {
    const head = await requestOf('/chat?room=1');
    expect(head).toMatch(/^GET \/chat\?room=1 HTTP\/1\.1\r\n/);
    expect(head).toMatch(/^Host: 127\.0\.0\.1:\d+\r$/m);
    expect(head).toMatch(/^Upgrade: websocket\r$/m);
    expect(head).toMatch(/^Connection: Upgrade\r$/m);
    expect(head).toMatch(/^Sec-WebSocket-Version: 13\r$/m);
    const key = /^Sec-WebSocket-Key: (.*)\r$/m.exec(head)![1]!;
    expect(Buffer.from(key, 'base64')).toHaveLength(16);
    expect(head).toMatch(/^Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r$/m);
    expect(head).not.toMatch(/^(Origin|Sec-WebSocket-Protocol):/im);
  });

  it('a different key for each connection', async () => {
    const key = async (): Promise<string> => /^Sec-WebSocket-Key: .*$/m.exec(await requestOf('/'))![0];
    expect(new Set([await key(), await key(), await key()]).size).toBe(3);
  });

  it('Sec-WebSocket-Protocol, Origin and the header fields of the application, if they are given', async () => {
    const options = { origin: 'http://example.com', headers: { Cookie: 'a=b', Upgrade: 'h2c' }, auth: 'user:pass' };
    const head = await requestOf('/', ['chat', 'superchat'], options);
    expect(head).toMatch(/^Sec-WebSocket-Protocol: chat, superchat\r$/m);
    expect(head).toMatch(/^Origin: http:\/\/example\.com\r$/m);
    expect(head).toMatch(/^Cookie: a=b\r$/m);
    expect(head).toMatch(/^Authorization: Basic dXNlcjpwYXNz\r$/m);
    expect(head).toMatch(/^Upgrade: websocket\r$/m);
  });

  it('only subprotocols that are tokens and not duplicated', () => {
    for (const protocols of ['', 'a b', 'ä', 'a,b', ['a', 'a'], ['a', ''], 1n]) {
      expect(() => new WebSocket('ws://127.0.0.1', protocols as string)).toThrow(
        expect.objectContaining({ name: 'SyntaxError', code: 'WS_ERR_INVALID_PROTOCOL' }),
      );
    }
  });
});

describe('RFC 6455 §4.1, the client fails the connection', () => {
  const invalid: readonly [string, string, Record<string, string | string[] | null>, string[]?][] = [
    ['without Upgrade', 'WS_ERR_INVALID_UPGRADE', { Upgrade: null }],
    ['with another Upgrade', 'WS_ERR_INVALID_UPGRADE', { Upgrade: 'foo' }],
    ['without Connection', 'WS_ERR_INVALID_CONNECTION', { Connection: null }],
    ['without Sec-WebSocket-Accept', 'WS_ERR_INVALID_ACCEPT', { 'Sec-WebSocket-Accept': null }],
    ['with another Sec-WebSocket-Accept', 'WS_ERR_INVALID_ACCEPT', { 'Sec-WebSocket-Accept': 'x' }],
    ['with an extension', 'WS_ERR_INVALID_EXTENSIONS', { 'Sec-WebSocket-Extensions': 'x-not-offered' }],
    ['with a subprotocol that was not offered', 'WS_ERR_INVALID_PROTOCOL', { 'Sec-WebSocket-Protocol': 'x' }],
    ['with another subprotocol', 'WS_ERR_INVALID_PROTOCOL', { 'Sec-WebSocket-Protocol': 'x' }, ['y']],
    ['without a subprotocol', 'WS_ERR_INVALID_PROTOCOL', {}, ['y']],
  ];
  for (const [title, reason, changes, protocols] of invalid) {
    it(`for a response with status 101 ${title}`, async () => {
      const { errors, ...end } = await endingAgainst((head) => upgradeResponse(head, changes), protocols);
      expect(end).toEqual({ code: 1006, reason: '' });
      expect(errors).toMatchObject([{ name: 'HandshakeError', reason, status: 101 }]);
    });
  }

  it('for another status, with an error that has the status', async () => {
    const { errors } = await endingAgainst(() => 'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\n\r\n');
    expect(errors).toMatchObject([
      { reason: 'WS_ERR_UNEXPECTED_RESPONSE', status: 401, headers: { 'www-authenticate': 'Basic' } },
    ]);
  });

  it('for a redirect, unless followRedirects is true', async () => {
    const { errors } = await endingAgainst(() => 'HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1:1/\r\n\r\n');
    expect(errors).toMatchObject([{ reason: 'WS_ERR_UNEXPECTED_RESPONSE', status: 302 }]);
  });

  it('for garbage instead of HTTP', async () => {
    const { errors } = await endingAgainst(() => '\x81\x05Hello, this is not HTTP\r\n\r\n');
    expect(errors).toMatchObject([{ code: 'HPE_INVALID_CONSTANT' }]);
  });

  it('for a server that ends the connection', async () => {
    const port = await rawServer((peer) => peer.end());
    const { code, errors } = await ending(new WebSocket(`ws://127.0.0.1:${port}`));
    expect(code).toBe(1006);
    expect(errors).toMatchObject([{ code: 'ECONNRESET' }]);
  });

  it('for a server that cannot be reached', async () => {
    const { url, server } = await startServer();
    await new Promise((resolve) => server.close(resolve));
    const { code, errors } = await ending(new WebSocket(url));
    expect(code).toBe(1006);
    expect(errors).toMatchObject([{ code: 'ECONNREFUSED' }]);
  });

  it('when the response takes longer than handshakeTimeout, even if bytes trickle in', async () => {
    const port = await rawServer(async (peer) => {
      await peer.readHead();
      peer.write('HTTP/1.1 101 Switching');
    });
    const socket = new WebSocket(`ws://127.0.0.1:${port}`, { handshakeTimeout: 50 });
    const { errors } = await ending(socket);
    expect(errors).toMatchObject([{ reason: 'WS_ERR_HANDSHAKE_TIMEOUT', message: 'Opening handshake has timed out' }]);
  });

  it('when it is closed or terminated before the response', async () => {
    for (const stop of ['close', 'terminate'] as const) {
      const port = await rawServer(() => {});
      const socket = new WebSocket(`ws://127.0.0.1:${port}`);
      const end = ending(socket);
      socket[stop]();
      expect(socket.readyState).toBe(WebSocket.CLOSING);
      const { code, errors } = await end;
      expect(code).toBe(1006);
      expect(errors).toMatchObject([{ reason: 'WS_ERR_CLOSED_WHILE_CONNECTING' }]);
      expect(socket.readyState).toBe(WebSocket.CLOSED);
    }
  });
});

describe('RFC 6455 §4.1, the client over TLS', () => {
  it('names the host in the TLS handshake, and sends its request through TLS', async () => {
    const { cert, key } = await selfSignedCertificate();
    const names: unknown[] = [];
    const SNICallback: TlsOptions['SNICallback'] = (name, done) => {
      names.push(name);
      done(null);
    };
    const server = createTlsServer({ cert, key, SNICallback });
    const heads: string[] = [];
    server.on('secureConnection', (socket) => {
      socket.on('error', () => {});
      socket.once('data', (bytes: Buffer) => {
        heads.push(bytes.toString('latin1'));
        socket.end();
      });
    });
    const port = await listen(server);
    const socket = new WebSocket(`wss://localhost:${port}/`, { rejectUnauthorized: false, family: 4 });
    await ending(socket);
    expect(names).toEqual(['localhost']);
    expect(heads).toEqual([expect.stringMatching(/^GET \/ HTTP\/1\.1\r\n/)]);
  });

  it('fails the connection when the certificate of the server cannot be verified', async () => {
    const { cert, key } = await selfSignedCertificate();
    const server = createTlsServer({ cert, key });
    const socket = new WebSocket(`wss://127.0.0.1:${await listen(server)}/`);
    const { errors, code } = await ending(socket);
    expect(code).toBe(1006);
    expect(errors).toMatchObject([{ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }]);
  });
});

describe('RFC 6455 §4.1, the client leaves other responses to the application', () => {
  it("which receives 'unexpected-response' instead of 'error'", async () => {
    const port = await rawServer(async (peer) => {
      await peer.readHead();
      peer.write('HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno');
    });
    const socket = new WebSocket(`ws://127.0.0.1:${port}`);
    const end = ending(socket);
    const [request, response] = await once(socket, 'unexpected-response');
    expect(response.statusCode).toBe(401);
    expect((await once(response, 'data')).toString()).toBe('no');
    socket.close();
    expect(request.destroyed).toBe(true);
    expect((await end).errors).toHaveLength(1);
  });

  it("which receives the response with status 101 in 'upgrade' before 'open'", async () => {
    const { url } = await startServer();
    const socket = new WebSocket(url);
    const order: string[] = [];
    socket.on('upgrade', (response) => order.push(`upgrade ${response.statusCode} ${response.headers.upgrade}`));
    socket.on('open', () => order.push('open'));
    await once(socket, 'open');
    expect(order).toEqual(['upgrade 101 websocket', 'open']);
    socket.terminate();
  });
});

describe('a client that follows redirects', () => {
  /** A server that redirects to the location, and records the heads of the requests. */
  async function redirecting(location: (port: number) => string, heads: string[] = []): Promise<number> {
    const server = createServer();
    server.on('upgrade', (request, socket) => {
      heads.push(JSON.stringify(request.headers));
      const to = location((server.address() as AddressInfo).port);
      socket.end(`HTTP/1.1 302 Found\r\nLocation: ${to}\r\nConnection: close\r\n\r\n`);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    return (server.address() as AddressInfo).port;
  }
  const follow = {
    followRedirects: true,
    auth: 'user:pass',
    headers: { Cookie: 'secret', 'X-Api-Key': 'secret', 'User-Agent': 'me' },
  };

  it('connects to the new location, and sends no credentials to another host', async () => {
    const { server, url } = await startServer();
    const port = await redirecting(() => `${url}/elsewhere`);
    const accepted = once(server, 'connection');
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`, follow);
    await once(socket, 'open');
    const [, request] = await accepted;
    expect(socket.url).toBe(`${url}/elsewhere`);
    expect(request.headers).toMatchObject({ 'user-agent': 'me' });
    expect(request.headers).not.toHaveProperty('x-api-key');
    expect(request.headers).not.toHaveProperty('cookie');
    expect(request.headers).not.toHaveProperty('authorization');
    socket.terminate();
  });

  it("lets a listener of 'redirect' decide which header fields are sent to another host", async () => {
    const { server, url } = await startServer();
    const port = await redirecting(() => `${url}/elsewhere`);
    const accepted = once(server, 'connection');
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`, follow);
    const redirects: string[] = [];
    socket.on('redirect', (target, request) => {
      redirects.push(target);
      request.removeHeader('Cookie');
    });
    await once(socket, 'open');
    const [, request] = await accepted;
    expect(redirects).toEqual([`${url}/elsewhere`]);
    expect(request.headers).toMatchObject({ authorization: `Basic ${Buffer.from('user:pass').toString('base64')}` });
    expect(request.headers).not.toHaveProperty('cookie');
    socket.terminate();
  });

  it('sends no credentials to another origin after a second redirect within it', async () => {
    const heads: string[] = [];
    const other = await rawServer(async (peer) => {
      heads.push(await peer.readHead());
      const location = `ws://127.0.0.1:${(peer.socket.address() as AddressInfo).port}/again`;
      peer.write(
        heads.length === 1
          ? `HTTP/1.1 302 Found\r\nLocation: ${location}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`
          : 'HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n',
      );
    });
    const port = await redirecting(() => `ws://127.0.0.1:${other}/`);
    const { errors } = await ending(new WebSocket(`ws://127.0.0.1:${port}/`, follow));
    expect(errors).toMatchObject([{ reason: 'WS_ERR_UNEXPECTED_RESPONSE', status: 401 }]);
    expect(heads).toHaveLength(2);
    expect(heads.join()).not.toMatch(/authorization|cookie/i);
  });

  it('stops after maxRedirects, and sends credentials to the same origin', async () => {
    const heads: string[] = [];
    const port = await redirecting((same) => `ws://127.0.0.1:${same}/again`, heads);
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`, { ...follow, maxRedirects: 3 });
    const { errors } = await ending(socket);
    expect(errors).toMatchObject([{ reason: 'WS_ERR_TOO_MANY_REDIRECTS', message: 'Maximum redirects exceeded' }]);
    expect(heads).toHaveLength(4);
    expect(heads.every((head) => head.includes('secret') && head.includes('Basic'))).toBe(true);
  });

  it('fails for a redirect to a URL that is not one of WebSocket', async () => {
    const port = await redirecting(() => 'ftp://127.0.0.1/');
    const { errors } = await ending(new WebSocket(`ws://127.0.0.1:${port}/`, follow));
    expect(errors).toMatchObject([{ code: 'WS_ERR_INVALID_URL' }]);
    expect(errors[0]).toBeInstanceOf(SyntaxError);
  });
});
