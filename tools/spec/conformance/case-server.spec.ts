import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { serveCases } from '../../src/conformance/serve-cases.ts';
import { framing } from '../../src/conformance/websocket/cases/01-framing.ts';
import { closePayload, frame, parseFrames } from '../../src/conformance/websocket/frames.ts';

const ACCEPTED = [
  'HTTP/1.1 101 Switching Protocols',
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
];
const FIELDS = {
  Host: 'a',
  Upgrade: 'websocket',
  Connection: 'Upgrade',
  'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version': '13',
};
const CLOSE = frame({ opcode: 8, payload: closePayload(1000) });

interface Answer {
  readonly head: readonly string[];
  readonly body: Buffer;
}

/** Sends a request followed by a Close frame. Resolves when the server has ended TCP. */
async function ask(path: string, changes: Readonly<Record<string, string>> = {}, method = 'GET'): Promise<Answer> {
  const server = await serveCases(framing, [], { port: 0, host: '127.0.0.1' });
  onTestFinished(() => server.close());
  const socket = connect(Number(server.address.split(':')[1]), '127.0.0.1');
  const fields = Object.entries({ ...FIELDS, ...changes }).map(([name, value]) => `${name}: ${value}`);
  socket.write([`${method} ${path} HTTP/1.1`, ...fields, '', ''].join('\r\n'));
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => {
    if (chunks.length === 0) socket.write(CLOSE);
    chunks.push(chunk);
  });
  await once(socket, 'end');
  const bytes = Buffer.concat(chunks);
  const end = bytes.indexOf('\r\n\r\n');
  return { head: bytes.toString('latin1', 0, end).split('\r\n'), body: bytes.subarray(end + 4) };
}

describe('the opening handshake of the case server', () => {
  it.each([
    ['/getCaseCount', String(framing.length)],
    ['/getCaseInfo?case=1', JSON.stringify({ id: '1.1.1', description: framing[0]!.title })],
    ['/getCaseStatus?case=1&agent=a', '{"behavior":"UNKNOWN"}'],
    ['/updateReports?agent=a', undefined],
  ])('is accepted at %s: one message, or none, and a Close frame', async (path, message) => {
    const { head, body } = await ask(path);
    expect(head).toEqual(ACCEPTED);
    expect(parseFrames(body).map(({ opcode, payload }) => [opcode, payload.toString('latin1')])).toEqual([
      ...(message === undefined ? [] : [[1, message]]),
      [8, '\x03\xe8'],
    ]);
  });

  it('selects the first subprotocol that the client offers', async () => {
    const { head } = await ask('/getCaseCount', { 'Sec-WebSocket-Protocol': 'a, b' });
    expect(head).toEqual([...ACCEPTED, 'Sec-WebSocket-Protocol: a']);
  });

  it.each([
    ['an unknown path', '/other?case=1', {}, 'GET', 'HTTP/1.1 404 Not Found'],
    ['an unknown case', '/runCase?case=99', {}, 'GET', 'HTTP/1.1 404 Not Found'],
    ['another method', '/getCaseCount', {}, 'POST', 'HTTP/1.1 405 Method Not Allowed'],
    ['another protocol', '/getCaseCount', { Upgrade: 'h2c' }, 'GET', 'HTTP/1.1 400 Bad Request'],
    ['a short key', '/getCaseCount', { 'Sec-WebSocket-Key': 'AAAA' }, 'GET', 'HTTP/1.1 400 Bad Request'],
    ['another version', '/getCaseCount', { 'Sec-WebSocket-Version': '8' }, 'GET', 'HTTP/1.1 426 Upgrade Required'],
  ])('is rejected for %s', async (_, path, changes, method, status) => {
    const { head, body } = await ask(path, changes, method);
    expect(head[0]).toBe(status);
    expect(head).toContain('Connection: close');
    expect(head).toContain(`Content-Length: ${body.length}`);
  });
});
