import type { IncomingMessage } from 'node:http';
import { CLIENT_CATALOGUE, STREAM_CLIENT_CATALOGUE } from '../../conformance/catalogue.ts';
import { type Described, hasFailed, type Report } from '../../conformance/report.ts';
import { nameMatcher, selectCases } from '../../conformance/selection.ts';
import { serveCases } from '../../conformance/serve-cases.ts';
import { htmlOf } from '../../report/conformance/html.ts';
import { tableOf } from '../../report/conformance/table.ts';
import { printable, printableLine } from '../../terminal/printable.ts';
import { hideProgress, showProgress } from '../../terminal/progress-bar.ts';
import { explainListening } from '../arguments/explain-listening.ts';
import { hostRefusal, refusalOf, type Trust } from '../arguments/trust.ts';
import { ReportFiles, readEarlierRun } from './report-files.ts';
import type { RunSettings } from './settings.ts';

/** Where to serve the cases, and when to stop. */
export interface ServeSettings {
  readonly port: number;
  readonly host: string;
  readonly trust: Trust;
  readonly tls: { readonly cert: string | Buffer; readonly key: string | Buffer } | undefined;
  /** Whether the server stops when a client has requested the reports. */
  readonly stopsWhenComplete: boolean;
}

/** Resolves when the server listens. SIGINT, SIGTERM, and clients stop it. */
export async function serveClients(
  { port, host, trust, tls, stopsWhenComplete }: ServeSettings,
  { only, exclude, excludeFor, timeLimit, messages, files: settings, resumes }: RunSettings,
): Promise<void> {
  const [cases, streamCases] = [
    selectCases(CLIENT_CATALOGUE, only, exclude),
    selectCases(STREAM_CLIENT_CATALOGUE, only, exclude),
  ];
  const excluded = excludeFor
    .filter(([, patterns]) => patterns.length > 0)
    .map(([pattern, patterns]) => ({
      matches: nameMatcher(pattern),
      ids: new Set(selectCases<Described>([...cases, ...streamCases], patterns, []).map(({ id }) => id)),
    }));
  const earlier = resumes && settings.json !== undefined ? await readEarlierRun(settings.json) : {};
  const files: ReportFiles = new ReportFiles(settings, () => server.report());
  /** The agents with results that have not been printed. */
  const unprinted = new Set<string>();
  const streamIds = new Set(streamCases.map(({ id }) => id));
  /** The cases that have a result, by kind and by the name of the agent. */
  const done = new Map<string, Set<string>>();
  const showResult = (agent: string, id: string): void => {
    const [kind, total] = streamIds.has(id)
      ? (['stream', streamCases.length] as const)
      : (['socket', cases.length] as const);
    const ids = (done.get(`${kind} ${agent}`) ?? new Set()).add(id);
    done.set(`${kind} ${agent}`, ids);
    showProgress(ids.size, total, `${printableLine(agent)} ${id}`);
  };
  const print = (agent: string): void => {
    hideProgress();
    unprinted.delete(agent);
    const report = server.report();
    const name = printableLine(agent);
    if (!Object.hasOwn(report, agent)) return console.log(`${name} has no results`);
    console.log(`${name}\n${printable(tableOf(report[agent]!))}\n`);
  };
  let isStopping = false;
  const stop = async (report?: Report): Promise<void> => {
    if (isStopping) return;
    isStopping = true;
    await server.close();
    hideProgress();
    for (const agent of unprinted) print(agent);
    await files.finish();
    if (hasFailed(report ?? {})) process.exitCode = 1;
  };
  const starting = serveCases(cases, streamCases, {
    port,
    host,
    tls,
    timeLimit,
    messages,
    earlier,
    isExcluded: (agent, id) => excluded.some(({ matches, ids }) => ids.has(id) && matches(agent)),
    stopsAfterReports: stopsWhenComplete,
    refusalOf: ({ headers }) => hostRefusal(headers.host, trust),
    stopRefusalOf: (request: IncomingMessage) => refusalOf(request, trust),
    renderReport: htmlOf,
    onResult: (agent, { id }) => {
      unprinted.add(agent);
      showResult(agent, id);
      files.touch();
    },
    onReport: (_report, agent) => {
      print(agent);
      void files.save();
    },
    onStop: () => void stop(server.report()),
  });
  const server = await starting.catch((error: Error) => {
    throw explainListening(error, 'serve');
  });
  const [socketScheme, pageScheme] = tls === undefined ? ['ws', 'http'] : ['wss', 'https'];
  console.log(`Serving ${cases.length} WebSocket cases on ${socketScheme}://${server.address}`);
  console.log(`Serving ${streamCases.length} event stream cases on ${pageScheme}://${server.address}`);
  console.log(`To test a browser, open ${pageScheme}://${server.address}/ in it. Press Ctrl+C to stop.`);
  const interrupt = (): void => void stop();
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  process.once('SIGHUP', interrupt);
}
