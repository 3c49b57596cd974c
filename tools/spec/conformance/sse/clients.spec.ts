import { describe, expect, it } from 'vitest';
import { EventSource as OurEventSource } from '../../../../src/sse/index.ts';
import { EventParser } from '../../../../src/sse/wire/event-parser.ts';
import { STREAM_CLIENT_CATALOGUE } from '../../../src/conformance/catalogue.ts';
import { reportOf } from '../../../src/conformance/report.ts';
import { ALSO_FOUND_BY } from '../../../src/conformance/self-test/more-stream-client-faults.ts';
import { reportEvents, runClientAgent, STANDARD } from '../../../src/conformance/self-test/stream-client-agent.ts';
import { ALL_STREAM_CLIENT_FAULTS, STREAM_TRIALS } from '../../../src/conformance/self-test/stream-trials.ts';
import { serveCases } from '../../../src/conformance/serve-cases.ts';
import { type DispatchedEvent, judgeClient, type StreamClientCase } from '../../../src/conformance/sse/client-case.ts';
import type { CaseResult } from '../../../src/conformance/verdict.ts';
import { schemaErrors } from '../results-schema.ts';
import { casesInTurn, shareCases } from '../shared-cases.ts';
import { testTrials } from '../test-trials.ts';
import { runInEventSource } from './event-source-driver.ts';
import { titleOfStream } from './numbering.ts';

type Run = (url: string, test: StreamClientCase) => Promise<readonly DispatchedEvent[]>;

/** The cases that a client runs at the same time. Most of them wait. */
const CONCURRENCY = 16;

/** Resolves with the verdicts that are not OK, by id. */
async function probe(cases: readonly StreamClientCase[], run: Run): Promise<Record<string, string>> {
  const results: CaseResult[] = [];
  const onResult = (_agent: string, result: CaseResult): void => void results.push(result);
  const server = await serveCases([], cases, { port: 0, host: '127.0.0.1', onResult });
  const remaining = [...cases.entries()];
  const work = async (): Promise<void> => {
    for (let next = remaining.shift(); next !== undefined; next = remaining.shift()) {
      const query = `case=${next[0] + 1}&agent=it`;
      const events = await run(`http://${server.address}/runEventStream?${query}`, next[1]);
      const response = await reportEvents(`http://${server.address}/reportEventStream?${query}`, events);
      expect(JSON.parse(response)).toMatchObject({ behavior: expect.any(String) });
    }
  };
  // Concurrent tests cannot use onTestFinished.
  await Promise.all(Array.from({ length: CONCURRENCY }, work)).finally(() => server.close());
  expect(results).toHaveLength(cases.length);
  expect(schemaErrors(reportOf('it', cases, results))).toEqual([]);
  return Object.fromEntries(
    results.filter(({ verdict }) => verdict !== 'OK').map(({ id, verdict, text }) => [id, `${verdict}: ${text}`]),
  );
}

/** Probes, and repeats cases that are not OK, because some cases depend on milliseconds. */
async function probeWithRetries(cases: readonly StreamClientCase[], run: Run): Promise<Record<string, string>> {
  let found = await probe(cases, run);
  for (let attempt = 0; attempt < 3 && Object.keys(found).length > 0; attempt++) {
    const remaining = cases.filter(({ id }) => id in found);
    found = await probe(remaining, run);
  }
  return found;
}

/** A parser sends no requests. */
const NOTHING_SEEN = { requests: [], origins: { SAME: '', OTHER: '' }, isOpen: false };

/** The cases with these titles, in all chunkings. */
function titled(titles: readonly string[]): StreamClientCase[] {
  const cases = STREAM_CLIENT_CATALOGUE.filter(({ title }) =>
    titles.some((one) => title === one || title.startsWith(`${one}, `)),
  );
  return cases;
}

/** The client of Node.js, on which the faulty clients are built, does not let them fail in these cases. */
const UNTESTED: readonly string[] = ['Chunk extensions'];

describe('the cases for event stream clients', () => {
  it('are passed by EventParser if they concern parsing', () => {
    const parsing = STREAM_CLIENT_CATALOGUE.filter(({ needsClient }) => !needsClient);
    const wrong = parsing.flatMap((test) => {
      const events: DispatchedEvent[] = [];
      const parser = new EventParser({
        onEvent: ({ type, data, lastEventId }) => void events.push({ type, data, lastEventId }),
      });
      for (const chunk of test.responses[0]!.chunks!) parser.push(Buffer.from(chunk as string));
      const { verdict, text } = judgeClient(test, events, NOTHING_SEEN);
      return verdict === 'OK' ? [] : [`${test.id}: ${verdict}: ${text}`];
    });
    expect(wrong).toEqual([]);
    expect(parsing.length).toBeGreaterThan(400);
  });

  it('are each tested with a faulty client', () => {
    const names = ALL_STREAM_CLIENT_FAULTS.map(([fault]) => fault);
    expect(Object.keys(ALSO_FOUND_BY).filter((name) => !names.includes(name))).toEqual([]);
    const caught = ALL_STREAM_CLIENT_FAULTS.flatMap(([, , caughtBy]) => caughtBy);
    const titles = new Set(
      STREAM_CLIENT_CATALOGUE.map(({ title, needsClient }) => (needsClient ? title : titleOfStream(title))),
    );
    const untested = [...titles].filter((title) => !caught.includes(title));
    expect(untested).toEqual(UNTESTED);
  });

  const casesForEventSource = casesInTurn(0, 'EventSource');
  it.runIf(casesForEventSource.length > 0).concurrent(
    'are all passed by EventSource',
    async () => {
      const run: Run = (url, test) => runInEventSource(OurEventSource as unknown as typeof EventSource, url, test);
      expect(await probeWithRetries(casesForEventSource, run)).toEqual({});
      expect(casesForEventSource.length).toBeGreaterThan(100);
    },
    600_000,
  );

  // How a client parses has nothing to do with how it sends requests.
  const trials = STREAM_TRIALS.filter(({ kind }) => kind === 'event stream client');
  const concernsParsing = (id: string): boolean =>
    STREAM_CLIENT_CATALOGUE.some((test) => test.id === id && !test.needsClient);
  const share = shareCases(trials, concernsParsing);
  const casesForStandard = casesInTurn(1, 'an agent that follows the standard').map(({ id }) => id);
  testTrials(trials, 'a client', (trial) => (trial.habit === 'follows the standard' ? casesForStandard : share(trial)));

  it('check the requests', async () => {
    const cases = titled(['The requests have the method GET, Accept and Cache-Control']);
    for (const [changes, message] of [
      [{ method: 'POST' }, 'Wrong method in request 1; expected GET; received POST'],
      [{ fields: () => ({ Accept: '*/*' }) }, 'Wrong Accept in request 1; expected text/event-stream; received "*/*"'],
      [
        { fields: () => ({ 'Cache-Control': 'max-age=10' }) },
        'Wrong Cache-Control in request 1; expected no-cache or no-store; received "max-age=10"',
      ],
    ] as const) {
      const found = await probe(cases, (url) => runClientAgent(url, { ...STANDARD, ...changes }));
      expect(Object.values(found)).toEqual([`NON-STRICT: ${message}`]);
    }
  });
});
