import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { BrowserWebSocket, createWebSocketStream, WebSocket, WebSocketServer } from '../../src/websocket/index.ts';
import { openEnds } from '../support/ends.ts';
import { connectPair, startServer } from '../support/sockets.ts';
import { expectRejected, FLAG, OBJECT, VALUES } from '../support/wrong-values.ts';

const ARGUMENT = 'WS_ERR_INVALID_ARGUMENT';
const OPTION = 'WS_ERR_INVALID_OPTION';
const NONE = { values: [], why: 'none of these values' };
const ALLOWED = '1000-1003, 1007-1014, 3000-4999';

describe('A close code', () => {
  it.each<[unknown, string]>([
    [1004, `Close code 1004 is reserved (allowed: ${ALLOWED})`],
    [1005, `Close code 1005 is reserved (allowed: ${ALLOWED})`],
    [2999, `Close code 2999 is reserved (allowed: ${ALLOWED})`],
    [999, `Close code 999 is out of range (allowed: ${ALLOWED})`],
    [5000, `Close code 5000 is out of range (allowed: ${ALLOWED})`],
    [99_999, `Close code 99999 is out of range (allowed: ${ALLOWED})`],
    [-1, `Close code -1 is out of range (allowed: ${ALLOWED})`],
    [1000.5, 'Close code must be a whole number; received 1000.5'],
    [Number.NaN, 'Close code must be a whole number; received NaN'],
    ['x', 'Close code must be a number; received "x"'],
    [null, 'Close code must be a number; received null'],
  ])('%s is rejected by close() of an open connection, and by shutdown()', async (code, message) => {
    const { socket } = await openEnds('client');
    expect(() => socket.close(code as number)).toThrow(expect.objectContaining({ code: ARGUMENT, message }));
    const server = new WebSocketServer({ noServer: true });
    await expect(server.shutdown({ code: code as number })).rejects.toMatchObject({ code: OPTION, message });
  });

  it('that shutdown() rejects leaves the connections open, and the server running', async () => {
    const { server, url } = await startServer();
    await expect(server.shutdown({ code: 1005 })).rejects.toMatchObject({ code: OPTION });
    await expect(server.shutdown({ reason: 5 as never })).rejects.toMatchObject({ code: OPTION });
    await expect(server.shutdown(5 as never)).rejects.toMatchObject({ code: OPTION });
    const socket = new WebSocket(url);
    await new Promise((resolve) => socket.once('open', resolve));
    expect(server.clients.size).toBe(1);
  });

  it('of a BrowserWebSocket is reserved or out of range, too', () => {
    const socket = new BrowserWebSocket('ws://127.0.0.1:1');
    expect(() => socket.close(1001)).toThrow('Close code 1001 is reserved (allowed: 1000, 3000-4999)');
    expect(() => socket.close(99_999)).toThrow('Close code 65535 is out of range (allowed: 1000, 3000-4999)');
  });
});

describe('The arguments of send() and broadcast()', () => {
  it('are rejected at the call if they are wrong', async () => {
    const {
      clientEnd: client,
      test: { server },
    } = await connectPair();
    const data = { values: ['5', '"x"', '[]', 'NaN', '-1', 'null'], why: 'as in ws' };
    const callback = { values: ['null'], why: 'as in ws' };
    const options = { values: ['{}', '[]', 'a Map', 'null'], why: 'as in ws' };
    expectRejected(data, ARGUMENT, (value) => client.send(value as string));
    expectRejected(callback, ARGUMENT, (value) => client.send('x', {}, value as never));
    expectRejected(options, ARGUMENT, (value) => client.send('x', value as never));
    expectRejected(data, ARGUMENT, (value) => client.ping(value));
    expectRejected(data, ARGUMENT, (value) => server.broadcast(value as string));
    expectRejected(OBJECT, OPTION, (value) => server.broadcast('x', value as never));
    expectRejected({ values: ['null'], why: '' }, OPTION, (filter) => server.broadcast('x', { filter } as never));
    for (const name of ['binary', 'fin', 'compress', 'mask']) {
      expectRejected(FLAG, OPTION, (value) => client.send('x', { [name]: value }));
    }
    for (const name of ['binary', 'compress']) {
      expectRejected(FLAG, OPTION, (value) => server.broadcast('x', { [name]: value }));
    }
    for (const name of callback.values) client.send('x', {}, VALUES[name] as never);
    for (const name of options.values) client.send('x', VALUES[name] as never);
  });
});

const STREAM_FLAGS = [
  'allowHalfOpen',
  'autoDestroy',
  'decodeStrings',
  'emitClose',
  'objectMode',
  'readableObjectMode',
  'writableObjectMode',
] as const;

describe('The arguments of other functions', () => {
  it('are rejected at the call if they are wrong', () => {
    const socket = new WebSocket(null);
    expectRejected(NONE, OPTION, (value) => createWebSocketStream(value as WebSocket));
    expectRejected(OBJECT, OPTION, (value) => createWebSocketStream(socket, value as object));
    for (const name of STREAM_FLAGS) {
      expectRejected(FLAG, OPTION, (value) => createWebSocketStream(socket, { [name]: value }));
    }
    expectRejected(FLAG, OPTION, (autoPong) => {
      socket.setSocket(new PassThrough(), Buffer.alloc(0), { autoPong: autoPong as boolean });
    });
    expectRejected(NONE, OPTION, (value) => socket.setSocket(value as never, Buffer.alloc(0)));
    expectRejected(OBJECT, OPTION, (value) => socket.setSocket(new PassThrough(), Buffer.alloc(0), value as object));
    expectRejected(OBJECT, OPTION, (value) => new BrowserWebSocket('ws://127.0.0.1:1', [], value as object));
    for (const name of [
      'allowSynchronousEvents',
      'autoPong',
      'followRedirects',
      'serializeHandshakes',
      'skipUTF8Validation',
    ]) {
      expectRejected(FLAG, OPTION, (value) => new BrowserWebSocket('ws://127.0.0.1:1', [], { [name]: value }));
    }
  });

  it('of a wrong URL are a SyntaxError that names it', () => {
    for (const [url, text] of [
      [5, '5'],
      [Symbol('s'), 'Symbol(s)'],
      [{}, 'an object'],
    ]) {
      expect(() => new WebSocket(url as string)).toThrow(
        expect.objectContaining({
          name: 'SyntaxError',
          code: 'WS_ERR_INVALID_URL',
          message: `Invalid URL: ${String(text)}`,
        }),
      );
    }
  });
});
