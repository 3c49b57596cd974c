import { type CaseResult, resultOf } from '../verdict.ts';
import { WireLog } from '../wire-log.ts';
import { acceptHandshake, requestText, type UpgradeRequest } from './accept-handshake.ts';
import type { ConformanceCase } from './case.ts';
import { close } from './cases/dsl.ts';
import { frame } from './frames.ts';
import { CloseCode } from './protocol.ts';
import { runCase } from './run-case.ts';
import { TestConnection } from './test-connection.ts';
import { acceptOffer } from './test-deflate.ts';

/** Accepts the opening handshake of a client under test, and runs a case on the connection. */
export async function probeClient(
  test: ConformanceCase,
  upgrade: UpgradeRequest,
  timeLimit: number,
): Promise<CaseResult> {
  const log = new WireLog();
  const { request, socket, head } = upgrade;
  log.add('agent', requestText(request));
  const offers = request.headers['sec-websocket-extensions'];
  const agreed = test.deflate === undefined ? null : acceptOffer(offers, test.deflate);
  const response = acceptHandshake(upgrade, agreed === null ? [] : [`Sec-WebSocket-Extensions: ${agreed.answer}`]);
  log.add('tester', JSON.stringify(response));
  if (test.deflate !== undefined && agreed === null) {
    socket.end(frame({ ...close(CloseCode.NORMAL), mask: false }));
    socket.resume();
    const text = 'The agent did not offer permessage-deflate with parameters that allow this case';
    return resultOf(test, 'UNIMPLEMENTED', text, log);
  }
  const connection = new TestConnection(socket, head, false, log, agreed?.deflate);
  return runCase(test, connection, log, { isClient: false, timeLimit });
}
