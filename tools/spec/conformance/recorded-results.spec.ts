import { describe, expect, it } from 'vitest';
import { startEchoServer, startServer } from '../../../spec/support/sockets.ts';
import { CATALOGUE, SERVER_CATALOGUE } from '../../src/conformance/catalogue.ts';
import { isReport } from '../../src/conformance/is-report.ts';
import { type ReportedCase, reportOf } from '../../src/conformance/report.ts';
import { selectCases } from '../../src/conformance/selection.ts';
import { probeServer } from '../../src/conformance/websocket/probe-server.ts';

/** Runs cases against a server. */
async function run(url: string, ids: readonly string[]): Promise<Readonly<Record<string, ReportedCase>>> {
  const cases = selectCases(SERVER_CATALOGUE, ids, []);
  const results = await probeServer(url, cases, { concurrency: 4, timeLimit: 60_000, messages: 3 });
  const report = reportOf('server', cases, results);
  // What is read again is what was written.
  expect(isReport(JSON.parse(JSON.stringify(report)))).toBe(true);
  return report.server!;
}

describe('the record of a case', () => {
  it('has what the tester did, what it expected, the sentence, the date, the closing, and the traffic', async () => {
    const { url } = await startEchoServer({ perMessageDeflate: true });
    const { '1.1.2': echo, '12.1.4': deflated, '14.1.10': refused } = await run(url, ['1.1.2', '12.1.4', '14.1.10']);
    expect(echo).toMatchObject({
      behavior: 'OK',
      steps: [expect.stringMatching(/^Sends text of 125 bytes/)],
      expectation: expect.stringMatching(/^text of 125 bytes .*, then an answer to the Close frame$/),
      sentence: CATALOGUE.find(({ id }) => id === '1.1.2')!.sentence,
      closing: {
        firstClose: 'tester',
        testerCode: 1000,
        agentCode: 1000,
        tcpEndedBy: 'agent',
        reset: false,
        timedOut: '',
      },
      traffic: {
        tester: { frames: { text: 1, Close: 1 }, payloadBytes: 127 },
        agent: { frames: { text: 1, Close: 1 }, payloadBytes: 127 },
      },
    });
    expect(Math.abs(Date.parse(echo!.started!) - Date.now())).toBeLessThan(600_000);
    // With another number of messages than the catalogue has.
    expect(deflated!.steps).toHaveLength(6);
    const { tester, agent } = deflated!.traffic!;
    for (const { compressed } of [tester, agent]) {
      expect(compressed).toMatchObject({ messages: 3, bytes: 3 * 1024 });
      expect(compressed!.compressedBytes).toBeLessThan(3 * 1024);
    }
    expect(refused).toMatchObject({ expectation: 'any status except 101', sentence: { section: 'RFC 6455 §4.2.1' } });
    expect(refused!.closing).toBeUndefined();
  });

  it('contains the position of the first wrong byte of a long echo, and more of its payload', async () => {
    const { url, server } = await startServer();
    server.on('connection', (socket) => {
      socket.on('message', (data: Buffer, isBinary) => {
        const wrong = Buffer.from(data);
        wrong[1000] = 0x21;
        socket.send(wrong, { binary: isBinary });
      });
    });
    const { '9.1.1': result } = await run(url, ['9.1.1']);
    expect(result!.behavior).toBe('FAILED');
    expect(result!.text).toMatch(/; the first difference is at byte 1001: expected \S+; received "!/);
    const frames = result!.log.flatMap(({ frame }) => frame ?? []);
    expect(Buffer.from(frames[1]!.payload, 'hex')).toHaveLength(4096);
  });
});
