import { describe, expect, it } from 'vitest';
import { detailsOf } from '../../../src/report/conformance/case-details.ts';
import { FULL_CASE } from '../sample-report.ts';

describe('the details of a case', () => {
  const details = detailsOf('12.1.1', FULL_CASE);

  it('separate the opening handshake from what follows it', () => {
    expect(details.handshake).toEqual([
      { time: '1 ms', who: 'tester', text: 'GET /chat HTTP/1.1\nHost: example.com' },
      { time: '3 ms', who: 'agent', text: 'HTTP/1.1 101 Switching Protocols\nServer: Echo/1.2' },
    ]);
  });

  it('have each frame with its time, its header and its payload, as text where it is text', () => {
    expect(details.log).toEqual([
      { time: '4 ms', who: 'tester', kind: 'text', flags: 'FIN, RSV1, masked', length: '3 bytes', text: 'f248cd' },
      // What the log does not have is marked.
      { time: '1,200 ms', who: 'agent', kind: 'text', flags: 'FIN', length: '5000 bytes', text: '"Wo"…' },
      { time: '1,201 ms', who: 'agent', kind: 'Close', flags: 'FIN', length: '6 bytes', text: '1002 "bye\\n"' },
      { time: '1,202 ms', who: 'agent', text: 'ends TCP' },
    ]);
  });

  it('say how the connection ended', () => {
    expect(details.closing).toEqual([
      ['First Close frame', 'from the agent'],
      ['Code from the tester', 'none: the Close frame was empty'],
      ['Code from the agent', '1002'],
      ['Reason from the agent', 'bye'],
      ['TCP ended by', 'the agent, with a reset'],
      ['Time limit', 'The agent did not send message 1'],
    ]);
    const closing = { ...FULL_CASE.closing!, firstClose: null, testerCode: null, agentReason: '', tcpEndedBy: null };
    expect(detailsOf('1.1.1', { ...FULL_CASE, closing: { ...closing, reset: false, timedOut: '' } }).closing).toEqual([
      ['First Close frame', 'none'],
      ['Code from the tester', 'no Close frame'],
      ['Code from the agent', '1002'],
      ['TCP ended by', 'nobody'],
      ['Time limit', 'not exceeded'],
    ]);
  });

  it.each([
    ['agent', 'the agent, with a reset'],
    ['tester', 'the tester; the agent reset it'],
    [null, 'nobody; the agent reset it'],
  ] as const)('say that the agent reset a connection that %s ended', (tcpEndedBy, expected) => {
    const { closing } = detailsOf('1.1.1', { ...FULL_CASE, closing: { ...FULL_CASE.closing!, tcpEndedBy } });
    expect(closing).toContainEqual(['TCP ended by', expected]);
  });

  it('count frames, and compare the sizes of messages before and after compression', () => {
    expect(details.traffic).toEqual([
      [
        'From the tester',
        '1,200 text, 1 Close; payloads of 36,000 bytes; 1,200 compressed messages: 120,000 bytes became 36,000 (30.0 %)',
      ],
      ['From the agent', '1 Close; payloads of 6 bytes'],
    ]);
  });

  it('have the date, the duration, and the words of the standard', () => {
    expect(details.facts).toEqual([
      ['Duration', '1,234 ms'],
      ['Started', '2026-11-27 20:28:25 UTC'],
    ]);
    expect(details.sentence).toBe('RFC 6455 §6.2: "Incoming data MUST be parsed as WebSocket frames"');
  });

  it('have no verdict on the closing of a connection without a closing handshake', () => {
    const { closing, ...refused } = FULL_CASE;
    expect(closing).toBeDefined();
    expect(detailsOf('14.1.1', refused).behaviorClose).toBe('');
    expect(details.behaviorClose).toBe('NON-STRICT');
  });

  it('keep line ends within a header line visible', () => {
    const log = [
      { time: 0, who: 'agent', what: JSON.stringify('HTTP/1.1 200 OK\r\nA: b\nc\rd\r\n\r\nbody\n') },
    ] as const;
    expect(detailsOf('14.1.1', { ...FULL_CASE, log }).handshake[0]!.text).toBe(
      'HTTP/1.1 200 OK\nA: b\\nc\\x0dd\n\n"body\\n"',
    );
  });

  it('keep the requests and responses of an event stream in order', () => {
    const { handshake, log } = detailsOf('20.1.1', FULL_CASE);
    expect(handshake).toEqual([]);
    expect(log[0]!.text).toBe('GET /chat HTTP/1.1\nHost: example.com');
  });
});
