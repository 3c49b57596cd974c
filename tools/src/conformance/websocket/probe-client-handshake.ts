import { sendInWrites } from '../raw-connection.ts';
import { type CaseResult, resultOf } from '../verdict.ts';
import { WireLog } from '../wire-log.ts';
import { requestText, type UpgradeRequest } from './accept-handshake.ts';
import type { ConformanceCase } from './case.ts';
import { echoOf, expectReplies, text } from './cases/dsl.ts';
import type { ClientHandshakeCase } from './client-handshake-case.ts';
import { describeClose, describeEvents } from './describe-event.ts';
import { frame } from './frames.ts';
import { acceptFor } from './protocol.ts';
import { runCase } from './run-case.ts';
import { quote, SENTENCES } from './sentences.ts';
import { TestConnection } from './test-connection.ts';

const HELLO = text('Hello');

/** Responds to the opening handshake of a client under test, and checks whether the client accepts the response. */
export async function probeClientHandshake(
  test: ClientHandshakeCase,
  { request, socket, head }: UpgradeRequest,
  timeLimit: number,
  isKeyRepeated = false,
): Promise<CaseResult> {
  const { method = '', httpVersion, headers, url: target = '' } = request;
  const fault = test.judgeRequest?.({ method, httpVersion, target, headers, early: head.length, isKeyRepeated }) ?? '';
  const log = new WireLog();
  log.add('agent', requestText(request));
  const response = Buffer.from(test.response(acceptFor(headers['sec-websocket-key'] ?? '')), 'latin1');
  log.add('tester', JSON.stringify(response.toString('latin1')));
  const sendsMessage = test.messageWithResponse === true || !test.accepts;
  const message = sendsMessage ? frame({ ...HELLO, mask: false }) : Buffer.alloc(0);
  // Made before the response is sent, so that it sees an agent that ends TCP in the meantime.
  const connection = new TestConnection(socket, head, false, log);
  await sendInWrites(socket, Buffer.concat([response, message]), test.writeSize);
  if (test.accepts) {
    const echoCase: ConformanceCase = {
      ...test,
      sentence: SENTENCES.validResponse,
      steps: test.messageWithResponse ? [] : [{ send: [HELLO] }],
      expect: expectReplies(echoOf('text', 'Hello')),
    };
    const result = await runCase(echoCase, connection, log, { isClient: false, timeLimit });
    return fault === '' ? result : { ...result, verdict: 'FAILED', text: fault };
  }
  const { agent } = connection;
  const reason = test.section === 'RFC 6455 §4.1' ? quote(SENTENCES.validResponse) : test.section;
  // A compressed echo is a violation here, but it shows that the agent has accepted the response.
  const hasEchoed = (): boolean => agent.messages.length > 0 || agent.violation !== undefined;
  await connection.until(() => hasEchoed() || agent.closeCode !== undefined, performance.now() + timeLimit);
  connection.destroy();
  if (hasEchoed()) {
    const received = agent.violation === undefined ? describeEvents(agent.messages) : agent.violation;
    const wrong = 'The agent accepted an invalid response; expected it to fail the connection';
    return resultOf(test, 'FAILED', `${wrong}; received ${received} (${reason})`, log);
  }
  // RFC 6455 §4.1: "the client MUST _Fail the WebSocket Connection_". §7.1.7: without an established connection, that
  // does not include a Close frame.
  if (agent.closeCode !== undefined) {
    const wrong = 'The connection was not established; expected no Close frame';
    const received = describeClose(agent.closeCode, agent.closeReason);
    return resultOf(test, 'NON-STRICT', `${wrong}; received ${received} (${quote(SENTENCES.failureClose)})`, log);
  }
  if (agent.ended) return resultOf(test, 'OK', '', log);
  const wrong = `The response was invalid; expected the agent to end TCP; received nothing within ${timeLimit} ms`;
  return resultOf(test, 'FAILED', `${wrong} (${reason})`, log);
}
