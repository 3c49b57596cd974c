import type { IncomingMessage } from 'node:http';
import { CLIENT_CATALOGUE, STREAM_CLIENT_CATALOGUE } from '../../conformance/catalogue.ts';
import { type Described, hasFailed } from '../../conformance/report.ts';
import { nameMatcher, selectCases } from '../../conformance/selection.ts';
import { serveCases } from '../../conformance/serve-cases.ts';
import { htmlOf } from '../../report/conformance/html.ts';
import { tableOf } from '../../report/conformance/table.ts';
import { printable, printableLine } from '../../terminal/printable.ts';
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
  let isStopping = false;
  const stop = async (): Promise<void> => {
    if (isStopping) return;
    isStopping = true;
    const report = server.report();
    await server.close();
    await files.finish();
    if (hasFailed(report)) process.exitCode = 1;
  };
  const server = await serveCases(cases, streamCases, {
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
    onResult: () => files.touch(),
    onReport: (report, agent) => {
      console.log(`${printableLine(agent)}\n${printable(tableOf(report[agent] ?? {}))}\n`);
      void files.save();
    },
    onStop: () => void stop(),
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
