import {
  ALL_CASES,
  CLIENT_CATALOGUE,
  SERVER_CATALOGUE,
  STREAM_CLIENT_CATALOGUE,
  STREAM_SERVER_CATALOGUE,
} from '../conformance/catalogue.ts';
import { type Described, mergeReports, overall, type Report, reportOf } from '../conformance/report.ts';
import { selectCases } from '../conformance/selection.ts';
import { type ClientCase, serveCases } from '../conformance/serve-cases.ts';
import { parseServerUrl } from '../conformance/server-url.ts';
import type { StreamClientCase } from '../conformance/sse/client-case.ts';
import { DEFAULT_QUIET_LIMIT, probeStreamServer } from '../conformance/sse/probe-stream-server.ts';
import { type CaseResult, DEFAULT_TIME_LIMIT } from '../conformance/verdict.ts';
import { probeServer } from '../conformance/websocket/probe-server.ts';
import { htmlOf } from '../report/conformance/html.ts';
import { junitOf } from '../report/conformance/junit.ts';
import { tableOf } from '../report/conformance/table.ts';
import { printable, printableLine } from '../terminal/printable.ts';
import { hideProgress, showProgress } from '../terminal/progress-bar.ts';
import { fromArguments, MAX_TIMEOUT, onlyUrl, parseOptions, portNumber, wholeNumber } from './arguments/options.ts';
import { readReport } from './arguments/read-report.ts';
import { hostRefusal, type Trust, trustOf } from './arguments/trust.ts';
import { UsageError } from './arguments/usage-error.ts';
import { writeFiles } from './arguments/write-files.ts';

const DEFAULT_CONCURRENCY = 4;
const DEFAULT_HOST = '127.0.0.1';

const HELP = `Usage: pushwire conform URL [options]
       pushwire conform --serve PORT [options]

Test a server, a client or a browser for conformance with RFC 6455, RFC 7692 and
the Server-Sent Events section of the HTML standard.

With a ws: or wss: URL, test a WebSocket server that echoes each message
(${SERVER_CATALOGUE.length} cases). With an http: or https: URL, test a server of event streams
(${STREAM_SERVER_CATALOGUE.length} cases).

With --serve, test WebSocket clients that echo each message (${CLIENT_CATALOGUE.length} cases) and
clients of event streams (${STREAM_CLIENT_CATALOGUE.length} cases). To test a browser, open the address in it.
Other clients use these paths:

  /getCaseCount                         Number of WebSocket cases
  /runCase?case=N&agent=NAME            Run WebSocket case N
  /getCaseStatus?case=N&agent=NAME      Result of WebSocket case N
  /eventStreamCases                     List of the event stream cases, as JSON
  /runEventStream?case=N&agent=NAME     Run event stream case N
  /reportEventStream?case=N&agent=NAME  POST the dispatched events here, as JSON
  /updateReports?agent=NAME             Write the reports

The paths for WebSocket are those of the Autobahn fuzzing server.

Options:
  --serve PORT       Serve the cases to clients; 0 selects any free port
  --host ADDRESS     Address to listen on (default: ${DEFAULT_HOST}, this machine only)
  --allow-host NAME  Show the page and the reports to requests for this host name, too.
                     By default, only for localhost, IP addresses and --host
                     (repeatable). Clients under test may use any Host and Origin
  --only PATTERN     Run only these cases, for example 6.4.1, 6 or "6.2*" (repeatable)
  --exclude PATTERN  Skip these cases (repeatable)
  --concurrency N    Number of cases to run at the same time (default: ${DEFAULT_CONCURRENCY})
  --time-limit MS    Time limit for an answer (default: ${DEFAULT_TIME_LIMIT} ms)
  --quiet-limit MS   Longest silence allowed on an event stream (default: ${DEFAULT_QUIET_LIMIT} ms)
  --agent NAME       Name of the server in the reports (default: the URL)
  --json FILE        Write the results, with a log of each connection, as JSON
  --html FILE        Write the results as a web page
  --junit FILE       Write the results as JUnit XML
  --with FILE        Add the results of an earlier --json FILE, or of the index.json of an
                     Autobahn report, to the page (repeatable)
  --list             List the cases and exit
  -h, --help         Show this help

Exit status:
  0  No case failed
  1  A case failed
  2  The arguments are invalid
`;

const OPTIONS = {
  serve: { type: 'string' },
  host: { type: 'string', default: DEFAULT_HOST },
  'allow-host': { type: 'string', multiple: true, default: [] as string[] },
  only: { type: 'string', multiple: true, default: [] as string[] },
  exclude: { type: 'string', multiple: true, default: [] as string[] },
  concurrency: { type: 'string', default: String(DEFAULT_CONCURRENCY) },
  'time-limit': { type: 'string', default: String(DEFAULT_TIME_LIMIT) },
  'quiet-limit': { type: 'string', default: String(DEFAULT_QUIET_LIMIT) },
  agent: { type: 'string' },
  json: { type: 'string' },
  html: { type: 'string' },
  junit: { type: 'string' },
  with: { type: 'string', multiple: true, default: [] as string[] },
  list: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** `pushwire conform`. */
export async function conform(commandArguments: readonly string[]): Promise<void> {
  const config = { args: [...commandArguments], options: OPTIONS, allowPositionals: true } as const;
  const { values, positionals } = parseOptions(config, HELP);
  if (values.help) return void process.stdout.write(HELP);
  const select = <Case extends { readonly id: string }>(catalogue: readonly Case[]): Case[] => {
    const cases = selectCases(catalogue, values.only, values.exclude);
    if (cases.length > 0) return cases;
    throw new UsageError('No case matches --only and --exclude (--list shows all cases)');
  };
  if (values.list) {
    for (const { id, title, section } of select<Described>(ALL_CASES)) {
      console.log(`${id.padEnd(8)}${title} (${section})`);
    }
    return;
  }
  const concurrency = wholeNumber('concurrency', values.concurrency, 1);
  const timeLimit = wholeNumber('time-limit', values['time-limit'], 1, MAX_TIMEOUT);
  const quietLimit = wholeNumber('quiet-limit', values['quiet-limit'], 1, MAX_TIMEOUT);
  const earlier = await Promise.all(values.with.map(readReport));
  const files = { ...values, earlier };
  if (values.serve !== undefined) {
    // Throws if no case of either catalogue matches.
    select<Described>([...CLIENT_CATALOGUE, ...STREAM_CLIENT_CATALOGUE]);
    const [cases, streamCases] = [
      selectCases(CLIENT_CATALOGUE, values.only, values.exclude),
      selectCases(STREAM_CLIENT_CATALOGUE, values.only, values.exclude),
    ];
    const trust = trustOf(values.host, values['allow-host']);
    return serve(portNumber('serve', values.serve), values.host, trust, timeLimit, cases, streamCases, files);
  }

  const url = onlyUrl(positionals, HELP);
  const agent = values.agent ?? url;
  const report = await (/^https?:/i.test(url)
    ? probe(agent, url, select(STREAM_SERVER_CATALOGUE), probeStreamServer, { concurrency, timeLimit, quietLimit })
    : probe(agent, url, select(SERVER_CATALOGUE), probeServer, { concurrency, timeLimit }));
  console.log(printable(tableOf(report[agent]!)));
  await write(report, files);
  if (Object.values(report[agent]!).some((reported) => overall(reported) === 'FAILED')) process.exitCode = 1;
}

/** Resolves when the server listens; SIGINT and SIGTERM stop it. */
async function serve(
  port: number,
  host: string,
  trust: Trust,
  timeLimit: number,
  cases: readonly ClientCase[],
  streamCases: readonly StreamClientCase[],
  files: Files,
): Promise<void> {
  const save = latestOnly((report: Report) => write(report, files));
  const server = await serveCases(cases, streamCases, {
    port,
    host,
    timeLimit,
    refusalOf: ({ headers }) => hostRefusal(headers.host, trust),
    renderReport: htmlOf,
    onReport: (report, agent) => {
      console.log(`${printableLine(agent)}\n${printable(tableOf(report[agent] ?? {}))}\n`);
      save(report);
    },
  });
  console.log(`Serving ${cases.length} WebSocket cases on ws://${server.address}`);
  console.log(`Serving ${streamCases.length} event stream cases on http://${server.address}`);
  console.log(`To test a browser, open http://${server.address}/ in it. Press Ctrl+C to stop.`);
  const stop = (): void => void server.close();
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}

/** Where to write the reports, and earlier reports to show on the page. */
interface Files {
  readonly json?: string;
  readonly html?: string;
  readonly junit?: string;
  readonly earlier: readonly Report[];
}

function write(report: Report, { json, html, junit, earlier }: Files): Promise<void> {
  return writeFiles([
    [json, () => `${JSON.stringify(report, null, 1)}\n`],
    [html, () => htmlOf(mergeReports([...earlier, report]))],
    [junit, () => junitOf(report)],
  ]);
}

/** Calls `use` with one value at a time. While it runs, only the latest of the other values waits. */
function latestOnly<T>(use: (value: T) => Promise<void>): (value: T) => void {
  let waiting: [T] | undefined;
  let isRunning = false;
  const run = async (): Promise<void> => {
    isRunning = true;
    for (let next = waiting; next !== undefined; next = waiting) {
      waiting = undefined;
      await use(next[0]);
    }
    isRunning = false;
  };
  return (value) => {
    waiting = [value];
    if (!isRunning) void run();
  };
}

type Prober<Case, Options> = (
  url: string,
  cases: readonly Case[],
  options: Options & { onResult: (result: CaseResult) => void },
) => Promise<CaseResult[]>;

async function probe<Case extends Described, Options>(
  agent: string,
  url: string,
  cases: readonly Case[],
  prober: Prober<Case, Options>,
  options: Options,
): Promise<Report> {
  fromArguments(() => parseServerUrl(url));
  let done = 0;
  const onResult = ({ id }: CaseResult): void => showProgress(++done, cases.length, id);
  const results = await prober(url, cases, { ...options, onResult });
  hideProgress();
  return reportOf(agent, cases, results);
}
