import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, LookupFunction } from 'node:net';
import { PassThrough } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket, WebSocketServer } from '../../../../src/websocket/index.ts';
import { Connections, type Ending } from '../../../src/commands/connect/connections.ts';
import { Interactive } from '../../../src/commands/connect/interactive.ts';
import { messagesOf } from '../../../src/commands/connect/lines.ts';
import { Pipe } from '../../../src/commands/connect/pipe.ts';
import { transmit } from '../../../src/commands/connect/transmit.ts';

async function serve(onSocket: (socket: WebSocket, number: number) => void): Promise<string> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  let number = 0;
  server.on('connection', (socket) => onSocket(socket, number++));
  await once(server, 'listening');
  onTestFinished(() => server.shutdown({ timeout: 0 }));
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Waits no time between attempts, and stops after a number of them. */
function connectionsTo(url: string, { attempts = 100, reconnects = true, attach = (_: WebSocket) => {} } = {}) {
  const delays: number[] = [];
  const lost: Ending[] = [];
  const connections: Connections = new Connections({
    open: () => new WebSocket(url),
    reconnects,
    attach,
    onLost: (ending, milliseconds) => {
      lost.push(ending);
      delays.push(milliseconds);
      if (delays.length === attempts) connections.close();
    },
    wait: async () => {},
  });
  return { connections, delays, lost };
}

/** A URL at which nothing listens. */
async function closedUrl(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `ws://127.0.0.1:${port}`;
}

describe('connections one after another', () => {
  it('end after the first connection if they do not reconnect', async () => {
    const url = await serve((socket) => socket.close(1001));
    const { connections, delays } = connectionsTo(url, { reconnects: false });
    expect(await connections.run()).toEqual({ code: 1001, failure: undefined, opened: true });
    expect(delays).toEqual([]);
  });

  it('follow each other until they are closed, whatever code the server closes with', async () => {
    const url = await serve((socket, number) => socket.close([1000, 1011, 4000][number]));
    const { connections, lost, delays } = connectionsTo(url, { attempts: 3 });
    expect(await connections.run()).toEqual({ code: 1000, failure: undefined, opened: false });
    expect(lost.map(({ code }) => code)).toEqual([1000, 1011, 4000]);
    expect(delays).toEqual([1_000, 1_000, 1_000]);
  });

  it('wait longer after each failed attempt, up to 30 seconds', async () => {
    const { connections, delays, lost } = connectionsTo(await closedUrl(), { attempts: 7 });
    await connections.run();
    expect(delays).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
    expect(lost[0]!.failure).toMatchObject({ code: 'ECONNREFUSED' });
  });

  it.each([
    [404, 0],
    [302, 0],
    [200, 0],
    [500, 2],
    [503, 2],
  ])('after a response with status %i, try again %i times of 2', async (status, times) => {
    const http = createServer();
    http.on('upgrade', (_, socket) => socket.end(`HTTP/1.1 ${status} X\r\nContent-Length: 0\r\n\r\n`));
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    onTestFinished(() => void http.close());
    const url = `ws://127.0.0.1:${(http.address() as AddressInfo).port}`;
    const { connections, delays } = connectionsTo(url, { attempts: 2 });
    await connections.run();
    expect(delays).toHaveLength(times);
  });

  it.each(['CERT_HAS_EXPIRED', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'ERR_TLS_CERT_ALTNAME_INVALID', 'EPROTO'])(
    'end if the certificate cannot be verified, or the server does not use TLS: %s',
    async (code) => {
      // Whatever fails, the error reaches the WebSocket in the same way.
      const lookup: LookupFunction = (_host, _options, done) => {
        done(Object.assign(new Error('Wrong'), { code }), '');
      };
      const connections: Connections = new Connections({
        open: () => new WebSocket('ws://host.invalid', { lookup }),
        reconnects: true,
        attach: () => {},
        onLost: () => connections.close(),
        wait: async () => {},
      });
      expect(await connections.run()).toMatchObject({ failure: { code } });
    },
  );

  it('stop waiting when they are closed, with the last failure if none was ever open', async () => {
    const connections: Connections = new Connections({
      open: () => new WebSocket('ws://127.0.0.1:1'),
      reconnects: true,
      attach: () => {},
      onLost: () => setImmediate(() => connections.close()),
    });
    expect(await connections.run()).toMatchObject({ failure: { code: 'ECONNREFUSED' } });
  });

  it('end without a failure if they are closed during an attempt to connect again', async () => {
    const url = await serve((socket) => socket.close(1012));
    let opened = 0;
    const attach = (socket: WebSocket): void => {
      if (++opened === 2) connections.close();
      expect(socket.readyState).not.toBe(WebSocket.OPEN);
    };
    const { connections, lost } = connectionsTo(url, { attach });
    expect(await connections.run()).toEqual({ code: 1000, failure: undefined, opened: false });
    expect(lost).toHaveLength(1);
  });

  it('continue if close() throws for an invalid code', async () => {
    const url = await serve((socket) => socket.on('message', () => socket.close(1000)));
    const attach = (socket: WebSocket): void => {
      socket.on('open', () => {
        expect(() => connections.close(1006)).toThrow('1006');
        socket.send('x');
      });
    };
    const { connections, lost } = connectionsTo(url, { attempts: 2, attach });
    await connections.run();
    expect(lost).toHaveLength(2);
  });
});

describe('a pipe', () => {
  it('sends later lines over the next connection after one was lost', async () => {
    const received: string[] = [];
    const input = new PassThrough();
    const url = await serve((socket, number) => {
      socket.on('message', (data) => {
        received.push(`${number}: ${data}`);
        socket.close(1000);
      });
    });
    const { connections } = connectionsTo(url, { attach: (socket) => pipe.attach(socket) });
    const pipe: Pipe = new Pipe({
      messages: messagesOf(input, 'text'),
      output: new PassThrough(),
      json: false,
      wait: 0,
      close: () => connections.close(),
      transmit,
    });
    input.write('one\n');
    const ended = connections.run();
    await expect.poll(() => received).toEqual(['0: one']);
    input.end('two\n');
    await ended;
    expect(received).toEqual(['0: one', '1: two']);
  });
});

describe('a terminal', () => {
  it('shows that the connection is lost, and sends lines that are typed meanwhile over the next connection', async () => {
    const [input, output] = [new PassThrough(), new PassThrough()];
    const received: string[] = [];
    const url = await serve((socket, number) => {
      socket.on('message', (data) => received.push(`${number}: ${data}`));
      if (number === 0) socket.close(1012, 'restart');
    });
    let socket: WebSocket | undefined;
    const connections: Connections = new Connections({
      open: () => new WebSocket(url),
      reconnects: true,
      attach: (next) => {
        socket = next;
        view.attach(next);
      },
      onLost: () => view.showLost('Lost.'),
      wait: async () => void input.write('hello\r'),
    });
    const close = (): void => connections.close();
    const view: Interactive = new Interactive({ input, output, binary: false, close, interrupt: close, transmit });
    const ended = connections.run();
    await expect.poll(() => received).toEqual(['1: hello']);
    expect(socket!.readyState).toBe(WebSocket.OPEN);
    input.write('\x04');
    expect(await ended).toMatchObject({ code: 1000, failure: undefined });
    view.end();
    expect(String(output.read())).toMatch(
      /Closed with 1012 restart\n[\s\S]*Lost\.\n[\s\S]*Connecting to [\s\S]*Connected to /,
    );
  });
});
