import type { Report, ReportedCase } from '../../src/conformance/report.ts';

/** A case that has everything that a report can have of it. */
export const FULL_CASE: ReportedCase = {
  behavior: 'FAILED',
  behaviorClose: 'NON-STRICT',
  duration: 1234,
  remoteCloseCode: 1002,
  title: 'Compressed text in two frames',
  section: 'RFC 7692 §7.2',
  text: 'Message 1 is wrong; expected text of 5 bytes ("Hello"); received text of 5 bytes ("World")',
  steps: ['Sends compressed text of 5 bytes ("Hello")', 'Waits for message 1 of the agent'],
  expectation: 'text of 5 bytes ("Hello"), then an answer to the Close frame',
  sentence: { section: 'RFC 6455 §6.2', words: 'Incoming data MUST be parsed as WebSocket frames' },
  started: '2026-11-27T20:28:25.123Z',
  log: [
    { time: 1, who: 'tester', what: JSON.stringify('GET /chat HTTP/1.1\r\nHost: example.com\r\n\r\n') },
    { time: 3, who: 'agent', what: JSON.stringify('HTTP/1.1 101 Switching Protocols\r\nServer: Echo/1.2\r\n\r\n') },
    { time: 4, who: 'tester', what: 'FIN RSV 100 masked text, 3 bytes: f248cd', frame: frame(4, 1, 'f248cd', 3, true) },
    { time: 1200, who: 'agent', what: 'text', frame: frame(0, 1, Buffer.from('Wor').toString('hex'), 5000) },
    { time: 1201, who: 'agent', what: 'Close', frame: frame(0, 8, '03ea6279650a', 6) },
    { time: 1202, who: 'agent', what: 'ends TCP' },
  ],
  closing: {
    firstClose: 'agent',
    testerCode: 1005,
    agentCode: 1002,
    agentReason: 'bye',
    tcpEndedBy: 'agent',
    reset: true,
    timedOut: 'The agent did not send message 1',
  },
  traffic: {
    tester: {
      frames: { text: 1200, Close: 1 },
      payloadBytes: 36_000,
      compressed: { messages: 1200, bytes: 120_000, compressedBytes: 36_000 },
    },
    agent: { frames: { Close: 1 }, payloadBytes: 6 },
  },
};

function frame(rsv: number, opcode: number, payload: string, length: number, masked = false) {
  return { fin: true, rsv, opcode, masked, length, payload };
}

export const OK_CASE: ReportedCase = {
  ...FULL_CASE,
  behavior: 'OK',
  behaviorClose: 'OK',
  title: 'A text message',
  text: '',
};

/** A report of this many agents. The case 1.1.1 is OK for all, 6.4.1 is NON-STRICT, and 12.1.1 fails for the first two. */
export function sampleReport(agents: number): Report {
  const names = Array.from({ length: agents }, (_, index) => `agent ${index + 1}`);
  const lenient: ReportedCase = {
    ...OK_CASE,
    behavior: 'NON-STRICT',
    title: 'Text that becomes invalid',
    text: 'late',
  };
  return Object.fromEntries(
    names.map((name, index) => [
      name,
      { '6.4.1': lenient, '12.1.1': index < 2 ? FULL_CASE : OK_CASE, '1.1.1': OK_CASE },
    ]),
  );
}
