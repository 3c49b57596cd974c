import { sendInWrites } from '../raw-connection.ts';
import { type CaseResult, resultOf } from '../verdict.ts';
import { WireLog } from '../wire-log.ts';
import type { UpgradeRequest } from './accept-handshake.ts';
import type { ConformanceCase } from './case.ts';
import { answers, echoed, text } from './cases/dsl.ts';
import type { ClientHandshakeCase } from './client-handshake-case.ts';
import { frame } from './frames.ts';
import { acceptFor } from './protocol.ts';
import { runCase } from './run-case.ts';
import { TestConnection } from './test-connection.ts';

const HELLO = text('Hello');

/** Answers the opening handshake of a client under test, and looks whether it takes the answer as it should. */
export async function probeClientHandshake(
  test: ClientHandshakeCase,
  { request, socket, head }: UpgradeRequest,
  timeLimit: number,
): Promise<CaseResult> {
  const { method = '', httpVersion, headers } = request;
  const log = new WireLog();
  log.add('agent', `${method} HTTP/${httpVersion} ${JSON.stringify(headers)}`);
  const answer = Buffer.from(test.answer(acceptFor(headers['sec-websocket-key'] ?? '')), 'latin1');
  log.add('tester', JSON.stringify(answer.toString('latin1')));
  const message = test.together || !test.accepts ? frame({ ...HELLO, mask: false }) : Buffer.alloc(0);
  // First of all, so that it sees an end that comes meanwhile.
  const connection = new TestConnection(socket, head, false, log);
  await sendInWrites(socket, Buffer.concat([answer, message]), test.writeSize);
  if (test.accepts) {
    const echo: ConformanceCase = {
      ...test,
      steps: test.together ? [] : [{ send: [HELLO] }],
      expect: answers(echoed('text', 'Hello')),
    };
    const result = await runCase(echo, connection, log, { isClient: false, timeLimit });
    const wrong = test.judgeRequest?.({ method, httpVersion, headers }) ?? '';
    return wrong === '' ? result : { ...result, verdict: 'FAILED', text: wrong };
  }
  const { agent } = connection;
  // An echo that is compressed is a violation here, and an echo all the same.
  const hasEchoed = (): boolean => agent.events.length > 0 || agent.violation !== undefined;
  await connection.until(() => hasEchoed() || agent.closeCode !== undefined, performance.now() + timeLimit);
  connection.destroy();
  if (hasEchoed()) return resultOf(test, 'FAILED', 'The agent took the answer, and echoed a message', log);
  // §4.1: "the client MUST _Fail the WebSocket Connection_", and §7.1.7: it has not been established, so no Close frame.
  if (agent.closeCode !== undefined) return resultOf(test, 'NON-STRICT', 'The agent sent a Close frame', log);
  return agent.ended
    ? resultOf(test, 'OK', '', log)
    : resultOf(test, 'FAILED', 'The agent did not end the connection', log);
}
