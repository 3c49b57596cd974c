import { STREAM_CLIENT_CATALOGUE, STREAM_SERVER_CATALOGUE } from '../catalogue.ts';
import { serveCases } from '../serve-cases.ts';
import type { StreamClientCase } from '../sse/client-case.ts';
import { probeStreamServer } from '../sse/probe-stream-server.ts';
import type { CaseResult, Verdict } from '../verdict.ts';
import { ALSO_FOUND_BY, type ClientFault, MORE_CLIENT_FAULTS } from './more-stream-client-faults.ts';
import { RIGHT_STREAM_CLIENTS, RIGHT_STREAM_SERVERS } from './right-stream-agents.ts';
import { type StreamBehaviour, withStreamAgent } from './stream-agent.ts';
import { type ClientBehaviour, reportEvents, runClientAgent, STANDARD } from './stream-client-agent.ts';
import { STREAM_CLIENT_FAULTS } from './stream-client-faults.ts';
import { STREAM_FAULTS } from './stream-faults.ts';
import { repeated, type Trial, trialOf } from './trial.ts';

/** Long limits, because a server can answer late on a busy machine. */
const PATIENT = { concurrency: 16, timeLimit: 30_000, quietLimit: 30_000 };
/** Limits for a faulty server, which may not answer. */
const impatient = (patience: number) => ({ concurrency: 4, timeLimit: 2000 * patience, quietLimit: 1200 * patience });
/** The cases that a client runs at the same time. */
const CLIENT_CONCURRENCY = 8;
/** Other load on the machine can hide a fault that depends on milliseconds. */
const ATTEMPTS = 4;

function probe(
  changes: Partial<StreamBehaviour>,
  cases: typeof STREAM_SERVER_CATALOGUE,
  options: Parameters<typeof probeStreamServer>[2],
): Promise<CaseResult[]> {
  return withStreamAgent(changes, (url) => probeStreamServer(url, cases, options));
}

/** Serves cases to a client. Resolves with the results. */
async function probeClient(
  behaviour: ClientBehaviour,
  cases: readonly StreamClientCase[],
): Promise<readonly CaseResult[]> {
  const results: CaseResult[] = [];
  const onResult = (_agent: string, result: CaseResult): void => void results.push(result);
  const server = await serveCases([], cases, { port: 0, host: '127.0.0.1', onResult });
  const remaining = [...cases.entries()];
  const work = async (): Promise<void> => {
    for (let next = remaining.shift(); next !== undefined; next = remaining.shift()) {
      const [index, test] = next;
      const query = `case=${index + 1}&agent=it`;
      const url = `http://${server.address}/runEventStream?${query}`;
      const events = await runClientAgent(url, behaviour, test.closeOn);
      await reportEvents(`http://${server.address}/reportEventStream?${query}`, events);
    }
  };
  await Promise.all(Array.from({ length: CLIENT_CONCURRENCY }, work)).finally(() => server.close());
  return results;
}

/**
 * A fault of a client, and the titles of the cases that find it. A case has several chunkings: one must find the fault, and
 * the others need not run then.
 */
function clientFault([fault, changes, caughtBy]: ClientFault): Trial {
  const titled = (title: string): StreamClientCase[] =>
    STREAM_CLIENT_CATALOGUE.filter((one) => one.title === title || one.title.startsWith(`${title}, `));
  const rows = caughtBy.map((title) => ({ title, chunkings: titled(title) }));
  const cases = [...new Set(rows.flatMap(({ chunkings }) => chunkings))];
  const harmless = cases.filter(({ judgesFields }) => judgesFields).map(({ id }) => id);
  const expected = (id: string): Verdict => (harmless.includes(id) ? 'NON-STRICT' : 'FAILED');
  const attempt = async (): Promise<string[]> => {
    const most = Math.max(...rows.map(({ chunkings }) => chunkings.length));
    let missing = rows;
    for (let chunking = 0; chunking < most && missing.length > 0; chunking++) {
      const selected = new Set(missing.flatMap(({ chunkings }) => chunkings.slice(chunking, chunking + 1)));
      const results = await probeClient({ ...STANDARD, ...changes }, [...selected]);
      const found = new Set(results.filter(({ id, verdict }) => verdict === expected(id)).map(({ id }) => id));
      missing = missing.filter(({ chunkings }) => !chunkings.some(({ id }) => found.has(id)));
    }
    return missing.map(({ title, chunkings }) => {
      const id = chunkings[0]?.id ?? '';
      return `${id} ${title}: expected ${expected(id)}; received no such verdict`;
    });
  };
  return {
    kind: 'event stream client',
    habit: fault,
    isFaulty: true,
    cases: cases.map(({ id }) => id),
    run: () => repeated(ATTEMPTS, attempt),
  };
}

/** The faulty clients, with the titles of all cases that find each. */
export const ALL_STREAM_CLIENT_FAULTS: readonly ClientFault[] = [...STREAM_CLIENT_FAULTS, ...MORE_CLIENT_FAULTS].map(
  ([fault, changes, caughtBy]) => [fault, changes, [...caughtBy, ...(ALSO_FOUND_BY[fault] ?? [])]],
);

/** All cases but those with long streams, in two chunkings: many agents run them. */
const SHORT_CLIENT_CASES = STREAM_CLIENT_CATALOGUE.filter(({ id, needsClient, responses }) => {
  const bytes = responses.flatMap(({ chunks = [] }) => chunks.map(({ length }) => length));
  return needsClient || (/\.[13]$/.test(id) && bytes.reduce((sum, length) => sum + length, 0) < 5000);
});

/** Servers and clients of event streams. */
export const STREAM_TRIALS: readonly Trial[] = [
  trialOf({
    kind: 'event stream server',
    habit: 'follows the standard',
    isFaulty: false,
    cases: STREAM_SERVER_CATALOGUE,
    attempts: ATTEMPTS,
    probe: (cases) => probe({}, cases, PATIENT),
  }),
  ...RIGHT_STREAM_SERVERS.map(([habit, changes]) =>
    trialOf({
      kind: 'event stream server',
      habit,
      isFaulty: false,
      cases: STREAM_SERVER_CATALOGUE,
      mayLack: true,
      attempts: ATTEMPTS,
      probe: (cases) => probe(changes, cases, PATIENT),
    }),
  ),
  ...STREAM_FAULTS.map(([fault, changes, caughtBy]) => {
    const cases = STREAM_SERVER_CATALOGUE.filter(({ title }) => title in caughtBy);
    return trialOf({
      kind: 'event stream server',
      habit: fault,
      isFaulty: true,
      cases,
      expected: Object.fromEntries(cases.map(({ id, title }) => [id, caughtBy[title]!])),
      attempts: ATTEMPTS,
      probe: (selected, patience) => probe(changes, selected, impatient(patience)),
    });
  }),
  trialOf({
    kind: 'event stream client',
    habit: 'follows the standard',
    isFaulty: false,
    cases: STREAM_CLIENT_CATALOGUE,
    attempts: ATTEMPTS,
    probe: (cases) => probeClient(STANDARD, cases),
  }),
  ...RIGHT_STREAM_CLIENTS.map(([habit, changes]) =>
    trialOf({
      kind: 'event stream client',
      habit,
      isFaulty: false,
      cases: SHORT_CLIENT_CASES,
      attempts: ATTEMPTS,
      probe: (cases) => probeClient({ ...STANDARD, ...changes }, cases),
    }),
  ),
  ...ALL_STREAM_CLIENT_FAULTS.map(clientFault),
];
