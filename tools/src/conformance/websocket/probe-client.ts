import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { acceptKey, CloseCode } from 'pushwire/wire';
import { type CaseResult, resultOf } from '../verdict.ts';
import { WireLog } from '../wire-log.ts';
import type { ConformanceCase } from './case.ts';
import { close } from './cases/dsl.ts';
import { frame } from './frames.ts';
import { runCase } from './run-case.ts';
import { TestConnection } from './test-connection.ts';
import { acceptOffer } from './test-deflate.ts';

/** Accepts the opening handshake of a client under test, and runs a case. */
export async function probeClient(
  test: ConformanceCase,
  { headers }: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  timeLimit: number,
): Promise<CaseResult> {
  const log = new WireLog();
  const key = headers['sec-websocket-key'] ?? '';
  const fields = ['Upgrade: websocket', 'Connection: Upgrade', `Sec-WebSocket-Accept: ${acceptKey(key)}`];
  const agreed = test.deflate === undefined ? null : acceptOffer(headers['sec-websocket-extensions'], test.deflate);
  if (agreed !== null) fields.push(`Sec-WebSocket-Extensions: ${agreed.answer}`);
  socket.write(['HTTP/1.1 101 Switching Protocols', ...fields, '', ''].join('\r\n'));
  if (test.deflate !== undefined && agreed === null) {
    socket.end(frame({ ...close(CloseCode.NORMAL_CLOSURE), mask: false }));
    socket.resume();
    return resultOf(test, 'UNIMPLEMENTED', 'The agent did not offer permessage-deflate in this way', log);
  }
  const connection = new TestConnection(socket, head, false, log, agreed?.deflate);
  return runCase(test, connection, log, { isClient: false, timeLimit });
}
