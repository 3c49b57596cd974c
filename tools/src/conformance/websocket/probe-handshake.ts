import type { Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { connect, fillPlaceholders, type HeaderFields, sendInWrites } from '../raw-connection.ts';
import { type CaseResult, resultOf } from '../verdict.ts';
import { WireLog } from '../wire-log.ts';
import { type HandshakeCase, type HandshakeResponse, judgeHandshake } from './handshake-case.ts';

/** Sends the request of a case exactly as written, and judges the response. */
export async function probeHandshake(
  url: string,
  test: HandshakeCase,
  timeLimit: number,
  headers: HeaderFields = {},
): Promise<CaseResult> {
  const log = new WireLog();
  const socket = connect(url);
  const bytes = Buffer.from(fillPlaceholders(`${test.before ?? ''}${test.request}`, url, headers), 'latin1');
  const [size, pause] = test.writeSize ?? [bytes.length, 0];
  const count = test.before === undefined ? 1 : 2;
  log.add('tester', JSON.stringify(bytes.toString('latin1')));
  const sending = sendInWrites(socket, bytes, size, () => wait(pause));
  const { heads, isSilent } = await readHeads(socket, count, timeLimit, sending);
  for (const head of heads) log.add('agent', JSON.stringify(head));
  socket.destroy();
  const [first, head = first] = heads;
  if (test.before !== undefined && heads.length === 1 && /^connection:.*\bclose\b/im.test(first!)) {
    return resultOf(test, 'UNIMPLEMENTED', 'The agent does not accept a second request on a connection', log);
  }
  const isMissing = test.before !== undefined && heads.length < 2;
  const response = head === undefined || isMissing ? null : withoutOwnProtocol(parseHead(head), headers);
  const { verdict, text } = judgeHandshake(test, response, isSilent ? timeLimit : undefined);
  return resultOf(test, verdict, text, log);
}

/** The octets that a response head may have. */
const MAX_HEAD = 1024 * 1024;

/**
 * Reads this many response heads, or as many as arrive before the end of TCP, and within the time limit after `sending`. `isSilent`
 * says that the server did neither in time.
 */
function readHeads(
  socket: Socket,
  count: number,
  timeLimit: number,
  sending: Promise<void>,
): Promise<{ readonly heads: string[]; readonly isSilent: boolean }> {
  return new Promise((resolve) => {
    let received = '';
    const heads: string[] = [];
    let timer: NodeJS.Timeout | undefined;
    let isDone = false;
    const done = (isSilent = false): void => {
      isDone = true;
      clearTimeout(timer);
      resolve({ heads, isSilent });
    };
    // A slow machine needs a while for a request in many writes.
    void Promise.race([sending, wait(timeLimit)]).then(() => {
      if (!isDone) timer = setTimeout(() => done(heads.length < count), timeLimit);
    });
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString('latin1');
      if (received.length > MAX_HEAD) return done();
      for (let end = received.indexOf('\r\n\r\n'); end !== -1; end = received.indexOf('\r\n\r\n')) {
        heads.push(received.slice(0, end));
        received = received.slice(end + 4);
        if (heads.length === count) return done();
      }
    });
    for (const event of ['end', 'close', 'error']) socket.on(event, () => done());
  });
}

/** Removes the subprotocol that the server has selected from the additional header fields: the cases do not expect one. */
function withoutOwnProtocol(response: HandshakeResponse, headers: HeaderFields): HandshakeResponse {
  const offered = Object.entries(headers).find(([name]) => name.toLowerCase() === 'sec-websocket-protocol')?.[1] ?? '';
  const { 'sec-websocket-protocol': selected, ...others } = response.fields;
  const isOwn = selected !== undefined && selected !== '' && offered.split(/\s*,\s*/).includes(selected);
  return isOwn ? { ...response, fields: others } : response;
}

function parseHead(head: string): HandshakeResponse {
  const [statusLine, ...lines] = head.split('\r\n');
  const fields: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).trim().toLowerCase();
    const value = line.slice(colon + 1).trim();
    fields[name] = fields[name] === undefined ? value : `${fields[name]}, ${value}`;
  }
  return { status: Number(statusLine?.split(' ')[1] ?? 0), fields };
}
