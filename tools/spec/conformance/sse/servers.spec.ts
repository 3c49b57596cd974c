import { describe, expect, it } from 'vitest';
import { serve } from '../../../../spec/support/http-server.ts';
import { EventChannel, EventStream } from '../../../../src/sse/index.ts';
import { STREAM_SERVER_CATALOGUE } from '../../../src/conformance/catalogue.ts';
import { reportOf } from '../../../src/conformance/report.ts';
import { STREAM_FAULTS as FAULTS } from '../../../src/conformance/self-test/stream-faults.ts';
import { STREAM_TRIALS } from '../../../src/conformance/self-test/stream-trials.ts';
import { probeStreamServer } from '../../../src/conformance/sse/probe-stream-server.ts';
import type { Verdict } from '../../../src/conformance/verdict.ts';
import { schemaErrors } from '../results-schema.ts';
import { shareCases } from '../shared-cases.ts';
import { testTrials } from '../test-trials.ts';

/** Long time limits, because a server can answer late on a busy machine. */
const PATIENT = { concurrency: 16, timeLimit: 30_000, quietLimit: 30_000 };

/** Resolves with the verdicts that are not OK, by title. */
async function probe(
  url: string,
  titles: readonly string[] | undefined,
  options: Parameters<typeof probeStreamServer>[2] = PATIENT,
): Promise<Record<string, Verdict>> {
  const cases = STREAM_SERVER_CATALOGUE.filter(({ title }) => titles === undefined || titles.includes(title));
  if (titles !== undefined) expect(cases.map(({ title }) => title)).toEqual(expect.arrayContaining([...titles]));
  const results = await probeStreamServer(url, cases, options);
  expect(results).toHaveLength(cases.length);
  expect(schemaErrors(reportOf('it', cases, results))).toEqual([]);
  for (const { verdict, text } of results) expect(text === '', `${verdict}: ${text}`).toBe(verdict === 'OK');
  const named = results.map(({ verdict }, index) => [cases[index]!.title, verdict] as const);
  return Object.fromEntries(named.filter(([, verdict]) => verdict !== 'OK'));
}

const INFORMATIONAL = {
  'A request from another origin': 'INFORMATIONAL',
  'An unknown method': 'INFORMATIONAL',
  POST: 'INFORMATIONAL',
};

describe('the cases for event stream servers', () => {
  it('are all passed by pushwire, except those of compression, which are UNIMPLEMENTED', async () => {
    const channel = new EventChannel();
    const url = await serve((request, response) => {
      if (!['GET', 'HEAD'].includes(request.method!)) return void response.writeHead(405).end();
      const stream = EventStream.open(request, response, { heartbeat: 600 });
      channel.add(stream);
      // Broadcasts for each client, so that the first one receives events after it has connected.
      for (let number = 1; number <= 12; number++) channel.broadcast({ event: 'tick', data: `${number} ü` });
    });
    const unimplemented = ['gzip', 'deflate', 'br'].map((coding) => [`${coding} holds nothing back`, 'UNIMPLEMENTED']);
    expect(await probe(url, undefined)).toEqual({
      ...INFORMATIONAL,
      ...Object.fromEntries(unimplemented),
      'A compressed response has Vary': 'UNIMPLEMENTED',
    });
  }, 120_000);

  it('are each tested with a faulty server', () => {
    expect(FAULTS.length).toBeGreaterThanOrEqual(40);
    const caught = FAULTS.flatMap(([, , caughtBy]) => Object.keys(caughtBy));
    const titles = STREAM_SERVER_CATALOGUE.map(({ title }) => title);
    expect(titles.filter((title) => !caught.includes(title))).toEqual([]);
  });

  const trials = STREAM_TRIALS.filter(({ kind }) => kind === 'event stream server');
  testTrials(trials, 'a server', shareCases(trials));
});
