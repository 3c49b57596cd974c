import { createServer, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openHandshake } from '../../src/conformance/websocket/open-handshake.ts';
import { acceptFor } from '../../src/conformance/websocket/protocol.ts';
import { extensionsFault } from '../../src/conformance/websocket/response-extensions.ts';

/** Starts a server that answers each request with these octets, in which ACCEPT is the right value. Returns its URL. */
async function answering(response: string, then: (socket: Socket) => void = () => {}): Promise<string> {
  const server = createServer((socket) => {
    let request = '';
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      request += chunk.toString('latin1');
      if (!request.endsWith('\r\n\r\n')) return;
      const key = /^Sec-WebSocket-Key: (.*)\r$/m.exec(request)![1]!;
      socket.write(response.replaceAll('ACCEPT', acceptFor(key)));
      then(socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `ws://127.0.0.1:${(server.address() as { port: number }).port}/`;
}

const FIELDS = 'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ACCEPT\r\n\r\n';

describe('the opening handshake of the tester', () => {
  it.each([
    ['the response of the standard', `HTTP/1.1 101 Switching Protocols\r\n${FIELDS}`],
    ['no reason phrase', `HTTP/1.1 101 \r\n${FIELDS}`],
    [
      'white space around values',
      `HTTP/1.1 101 OK\r\n${FIELDS.replaceAll(': ', ':\t ').replaceAll('\r\n', ' \t\r\n')}\r\n`,
    ],
    ['no space after colons', `HTTP/1.1 101 OK\r\n${FIELDS.replaceAll(': ', ':')}`],
    [
      'names and values in other case',
      `HTTP/1.1 101 OK\r\n${FIELDS.replace('Upgrade: websocket', 'UPGRADE: WebSocket')}`,
    ],
    ['two Connection fields', `HTTP/1.1 101 OK\r\nConnection: keep-alive\r\n${FIELDS}`],
    ['an interim response', `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 101 OK\r\n${FIELDS}`],
  ])('accepts %s', async (_what, response) => {
    // The white space must not end the head early.
    const url = await answering(response.replace(' \t\r\n \t\r\n', ' \t\r\n\r\n').replace(/\r\n\r\n\r\n$/, '\r\n\r\n'));
    const { transport } = await openHandshake(url, undefined, { timeLimit: 20_000 });
    expect(transport.destroyed).toBe(false);
    transport.destroy();
  });

  it.each([
    ['HTTP/1.1 200 OK\r\n\r\n', 'wrong status; expected 101; received 200'],
    ['FTP/1.1 101 OK\r\n\r\n', 'invalid status line; received "FTP/1.1 101 OK"'],
    [`HTTP/1.1 101 OK\r\nA : b\r\n${FIELDS}`, 'invalid header line; received "A : b"'],
    [`HTTP/1.1 101 OK\r\n${FIELDS.replace('websocket', 'h2c')}`, 'wrong Upgrade; expected websocket; received h2c'],
    [
      `HTTP/1.1 101 OK\r\n${FIELDS.replace('n: U', 'n: X-U')}`,
      'wrong Connection; expected Upgrade; received X-Upgrade',
    ],
    [
      `HTTP/1.1 101 OK\r\n${FIELDS.replace('ACCEPT', 'ACCEPT=')}`,
      /^wrong Sec-WebSocket-Accept; expected .*=; received /,
    ],
    [`HTTP/1.1 101 OK\r\nSec-WebSocket-Accept: ACCEPT\r\n${FIELDS}`, /^wrong Sec-WebSocket-Accept; .*=, /],
  ])('rejects %j', async (response, message) => {
    await expect(openHandshake(await answering(response), undefined)).rejects.toThrow(message);
  });

  it('reports the received bytes if TCP ends within the response', async () => {
    const url = await answering('HTTP/1.1 101 OK\r\n', (socket) => void socket.end());
    await expect(openHandshake(url, undefined)).rejects.toThrow(
      'TCP ended before the response; received "HTTP/1.1 101 OK\\r\\n"',
    );
  });
});

describe('the extensions of a response', () => {
  it.each([
    [undefined, true, ''],
    ['permessage-deflate', true, ''],
    ['permessage-deflate; server_max_window_bits="10"; client_no_context_takeover', true, ''],
    ['permessage-deflate', false, 'the response has an extension that was not offered; expected none'],
    ['permessage-deflate, x-other', true, 'the response has an extension that was not offered; expected at most'],
    ['permessage-deflate, permessage-deflate', true, 'the response has permessage-deflate more than once'],
    ['permessage-deflate; x=1', true, 'the response has an unknown parameter; expected server_no_context_takeover'],
    ['permessage-deflate; toString', true, 'the response has an unknown parameter'],
    ['permessage-deflate; client_no_context_takeover=1', true, 'client_no_context_takeover has a value; expected none'],
    [
      'permessage-deflate; client_max_window_bits',
      true,
      'client_max_window_bits has an invalid value; expected 8 to 15',
    ],
    ['permessage-deflate; server_max_window_bits=010', true, 'server_max_window_bits has an invalid value'],
    [
      'permessage-deflate; server_max_window_bits=9; server_max_window_bits=9',
      true,
      'the response has server_max_window_bits more than once',
    ],
    ['permessage-deflate;;', true, 'the response has malformed extensions'],
    ['', true, 'the response has malformed extensions'],
  ])('%j, offered: %s', (value, hasOffered, expected) => {
    const fault = extensionsFault(value, hasOffered);
    expect(fault).toMatch(expected === '' ? /^$/ : /; received "/);
    expect(fault.startsWith(expected)).toBe(true);
  });
});
