import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readReport } from '../../../src/commands/arguments/read-report.ts';
import type { Report } from '../../../src/conformance/report.ts';
import { htmlOf } from '../../../src/report/conformance/html.ts';
import { FULL_CASE, sampleReport } from '../../report/sample-report.ts';

/** Reads a report with these files beside it. */
async function read(value: unknown, others: Readonly<Record<string, unknown>> = {}): Promise<Report> {
  const path = await mkdtemp(join(tmpdir(), 'pushwire-report-'));
  onTestFinished(() => rm(path, { recursive: true }));
  const files = Object.entries({ 'index.json': value, ...others });
  await Promise.all(files.map(([name, one]) => writeFile(join(path, name), JSON.stringify(one))));
  return readReport(join(path, 'index.json'));
}

const ENTRY = {
  behavior: 'OK',
  behaviorClose: 'OK',
  duration: 7,
  remoteCloseCode: 1000,
  reportfile: 'a_case_1_1_1.json',
};

/** What Autobahn writes of a case. */
const DETAILS = {
  id: '1.1.1',
  description: 'Send text message with payload 0.<br><br>With  markup.',
  expectation: 'Receive echoed text message.',
  result: 'Actual events match at least one expected.',
  resultClose: 'Connection was properly closed',
  started: '2026-11-20T10:00:00.000Z',
  isServer: false,
  closedByMe: true,
  droppedByMe: false,
  localCloseCode: 1000,
  remoteCloseCode: 1000,
  remoteCloseReason: null,
  wasCloseHandshakeTimeout: false,
  wasServerConnectionDropTimeout: true,
  httpRequest: 'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
  httpResponse: 'HTTP/1.1 101 Switching Protocols\r\nServer: b\r\n\r\n',
  wirelog: [
    ['TO', [8, '8180'], false],
    ['CT', 1, 'A'],
    ['TF', [0, ''], 1, true, 0, 'abcd', null, 0, false],
    ['RO', [2, '8100']],
    ['RF', [5, 'Hello'], 1, false, 4, false, null],
    ['RF', 'Hello', 0, true, 0, true, 'aabbccdd'],
    ['KL', 1],
    ['WLM', false],
  ],
};

describe('--with', () => {
  it('reads what --json has written', async () => {
    expect(await read(sampleReport(2))).toEqual(sampleReport(2));
  });

  it("shows the verdicts of an Autobahn report under the same case numbers, marked as Autobahn's", async () => {
    const autobahn = await read({ 'agent 1': { '1.1.1': ENTRY } });
    const reported = autobahn['agent 1 (Autobahn)']!['1.1.1'];
    expect(reported).toMatchObject({ behavior: 'OK', duration: 7, remoteCloseCode: 1000, suite: 'Autobahn' });
    const page = htmlOf({ ...sampleReport(1), ...autobahn });
    expect(page).toContain('<td>1.1.1</td><td>A text message <small>RFC 7692 §7.2</small></td>');
    expect(page).toContain('agent 1 (Autobahn) <small class="suite">judged by Autobahn</small>');
    expect(page).toContain('data-agent="agent 1 (Autobahn)" data-id="1.1.1">OK<');
  });

  it.each(['a_case_1_1_1.json', 'a_case_1_1_1.html', '../elsewhere/a_case_1_1_1.json'])(
    'reads what Autobahn says of a case from the file beside the index, which names it %s',
    async (reportfile) => {
      const index = { a: { '1.1.1': { ...ENTRY, reportfile } } };
      const { '1.1.1': reported } = (await read(index, { 'a_case_1_1_1.json': DETAILS }))['a (Autobahn)']!;
      expect(reported).toEqual({
        behavior: 'OK',
        behaviorClose: 'OK',
        duration: 7,
        remoteCloseCode: 1000,
        title: 'Send text message with payload 0. With markup.',
        section: '',
        text: 'OK, closing OK. Actual events match at least one expected. Connection was properly closed',
        steps: ['Send text message with payload 0. With markup.'],
        expectation: 'Receive echoed text message.',
        started: '2026-11-20T10:00:00.000Z',
        closing: {
          firstClose: 'tester',
          testerCode: 1000,
          agentCode: 1000,
          agentReason: '',
          tcpEndedBy: 'agent',
          reset: false,
          timedOut: 'The agent did not end TCP',
        },
        log: [
          { time: 0, who: 'tester', what: JSON.stringify(DETAILS.httpRequest) },
          { time: 0, who: 'agent', what: JSON.stringify(DETAILS.httpResponse) },
          { time: 0, who: 'tester', what: 'continues in 1 s' },
          { time: 0, who: 'tester', what: 'FIN, masked: text, 0 bytes: ' },
          { time: 0, who: 'agent', what: 'no FIN, RSV 100: text, 5 bytes: Hello' },
          { time: 0, who: 'agent', what: 'FIN, masked: continuation: Hello' },
          { time: 0, who: 'tester', what: 'will end TCP in 1 s' },
        ],
        suite: 'Autobahn',
      });
    },
  );

  it.each([
    ['OK', 'OK', 'OK', 'OK'],
    ['NON-STRICT', 'WRONG CODE', 'NON-STRICT', 'NON-STRICT'],
    ['FAILED', 'FAILED BY CLIENT', 'FAILED', 'NON-STRICT'],
    ['INFORMATIONAL', 'UNCLEAN', 'INFORMATIONAL', 'FAILED'],
    ['UNIMPLEMENTED', 'INFORMATIONAL', 'UNIMPLEMENTED', 'INFORMATIONAL'],
    ['toString', 'OK', 'FAILED', 'OK'],
  ])("reads Autobahn's verdicts %s and %s as %s and %s", async (behavior, behaviorClose, one, other) => {
    const report = await read({ a: { '1.1.1': { ...ENTRY, behavior, behaviorClose } } });
    expect(report['a (Autobahn)']!['1.1.1']).toMatchObject({ behavior: one, behaviorClose: other });
  });

  it.each([
    ['nothing of an agent', 1],
    ['a list', []],
    ['no verdict', { a: { '1.1.1': {} } }],
    ['an unknown verdict', { a: { '1.1.1': { ...FULL_CASE, behavior: 'FINE' } } }],
    ['a log that is none', { a: { '1.1.1': { ...FULL_CASE, log: [1] } } }],
    [
      'a frame that is none',
      { a: { '1.1.1': { ...FULL_CASE, log: [{ time: 1, who: 'agent', what: '', frame: 1 }] } } },
    ],
    ['steps that are none', { a: { '1.1.1': { ...FULL_CASE, steps: 'x' } } }],
    ['traffic that is none', { a: { '1.1.1': { ...FULL_CASE, traffic: {} } } }],
    ['an ending that is none', { a: { '1.1.1': { ...FULL_CASE, closing: [] } } }],
    ['an entry of Autobahn beside others', { a: { '1.1.1': ENTRY, '1.1.2': FULL_CASE } }],
  ])('refuses JSON that is no report: %s', async (_, value) => {
    await expect(read(value)).rejects.toThrow(
      /^--with \S+ must be a file of --json, or the index\.json of an Autobahn report; received other JSON$/,
    );
  });

  it('refuses what is not JSON, and a file that does not exist', async () => {
    await expect(readReport('/missing/index.json')).rejects.toThrow('--with /missing/index.json: ENOENT');
  });
});
