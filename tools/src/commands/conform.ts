import { readFile, writeFile } from 'node:fs/promises';
import {
  ALL_CASES,
  CLIENT_CATALOGUE,
  SERVER_CATALOGUE,
  STREAM_CLIENT_CATALOGUE,
  STREAM_SERVER_CATALOGUE,
} from '../conformance/catalogue.ts';
import { type Described, overall, type Report, reportOf } from '../conformance/report.ts';
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
import { hideProgress, showProgress } from '../terminal/progress-bar.ts';
import { fromArguments, onlyUrl, parseOptions } from './arguments/options.ts';
import { UsageError } from './arguments/usage-error.ts';

const DEFAULT_CONCURRENCY = 4;

const DEFAULT_HOST = '127.0.0.1';

const HELP = `Usage: pushwire conform URL [options]
       pushwire conform --serve PORT [options]

Tests a server, in whatever language it is written: at ws: or wss:, a WebSocket server that echoes what it is sent
(${SERVER_CATALOGUE.length} cases, each on a connection of its own); at http: or https:, a server of event streams (${STREAM_SERVER_CATALOGUE.length} cases). The exit
status is 1 if one fails.

With --serve, clients are tested. Those of WebSockets connect, and echo (${CLIENT_CATALOGUE.length} cases); the paths are those of the fuzzing
server of the Autobahn suite: /getCaseCount, /runCase?case=N&agent=NAME, /getCaseStatus?case=N&agent=NAME,
/updateReports?agent=NAME. Those of event streams (${STREAM_CLIENT_CATALOGUE.length} cases) ask /eventStreamCases for the list, open
/runEventStream?case=N&agent=NAME, and post what they have dispatched to /reportEventStream?case=N&agent=NAME.
A browser is tested by opening the address in it.

Options:
  --serve PORT         serve the cases to clients; the reports are written at each /updateReports
  --host ADDRESS       the address to serve on. Default: ${DEFAULT_HOST}, this machine only
  --only PATTERN       only these cases, such as 6.4.1, 6, or "6.2*"; can be given several times
  --exclude PATTERN    not these
  --concurrency N      cases that run at once. Default: ${DEFAULT_CONCURRENCY}
  --time-limit MS      milliseconds that an answer may take. Default: ${DEFAULT_TIME_LIMIT}
  --quiet-limit MS     milliseconds that an event stream may be quiet. Default: ${DEFAULT_QUIET_LIMIT}
  --agent NAME         what the server is called in the reports. Default: the URL
  --json FILE          write the results, with what went over the wire
  --html FILE          write a page with the results
  --junit FILE         write the results as build servers read them
  --with FILE          put the results of an earlier --json beside, on the page; can be given several times
  --list               list the cases, and run none
  --help               this text
`;

const OPTIONS = {
  serve: { type: 'string' },
  host: { type: 'string', default: DEFAULT_HOST },
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
    throw new UsageError('No case has such a number: --list shows all of them');
  };
  if (values.list) {
    for (const { id, title, section } of select<Described>(ALL_CASES)) {
      console.log(`${id.padEnd(8)}${title} (${section})`);
    }
    return;
  }
  const concurrency = positive('concurrency', values.concurrency);
  const timeLimit = positive('time-limit', values['time-limit']);
  const quietLimit = positive('quiet-limit', values['quiet-limit']);
  const earlier = await Promise.all(values.with.map(readReport));
  const files = { ...values, earlier };
  if (values.serve !== undefined) {
    // So that a pattern that matches none of all is an error.
    select<Described>([...CLIENT_CATALOGUE, ...STREAM_CLIENT_CATALOGUE]);
    const [cases, streamCases] = [
      selectCases(CLIENT_CATALOGUE, values.only, values.exclude),
      selectCases(STREAM_CLIENT_CATALOGUE, values.only, values.exclude),
    ];
    return serve(values.serve, values.host, timeLimit, cases, streamCases, files);
  }

  const url = onlyUrl(positionals, HELP);
  const agent = values.agent ?? url;
  const report = await (/^https?:/i.test(url)
    ? probe(agent, url, select(STREAM_SERVER_CATALOGUE), probeStreamServer, { concurrency, timeLimit, quietLimit })
    : probe(agent, url, select(SERVER_CATALOGUE), probeServer, { concurrency, timeLimit }));
  console.log(tableOf(report[agent]!));
  await write(report, files);
  if (Object.values(report[agent]!).some((reported) => overall(reported) === 'FAILED')) process.exitCode = 1;
}

/** Runs until the process is told to stop. */
async function serve(
  port: string,
  host: string,
  timeLimit: number,
  cases: readonly ClientCase[],
  streamCases: readonly StreamClientCase[],
  files: Files,
): Promise<void> {
  const number = /^\d+$/.test(port) ? Number(port) : Number.NaN;
  if (!(number <= 65_535)) throw new UsageError(`--serve must be a port from 0 to 65535, and is "${port}"`);
  const server = await serveCases(cases, streamCases, {
    port: number,
    host,
    timeLimit,
    renderReport: htmlOf,
    onReport: (report, agent) => {
      console.log(`${agent}\n${tableOf(report[agent] ?? {})}\n`);
      void write(report, files);
    },
  });
  console.log(`WebSocket cases on ws://${server.address}: ${cases.length}`);
  console.log(`Event-stream cases on http://${server.address}: ${streamCases.length}`);
  console.log(`To test a browser, open http://${server.address}/ in it. Ctrl+C stops the server.`);
  const stop = (): void => void server.close();
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}

/** Where the reports go, and what is put beside them. */
interface Files {
  readonly json?: string;
  readonly html?: string;
  readonly junit?: string;
  readonly earlier: readonly Report[];
}

async function write(report: Report, { json, html, junit, earlier }: Files): Promise<void> {
  if (json !== undefined) await writeFile(json, `${JSON.stringify(report, null, 1)}\n`);
  if (html !== undefined) await writeFile(html, htmlOf(Object.assign({}, ...earlier, report)));
  if (junit !== undefined) await writeFile(junit, junitOf(report));
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

function positive(name: string, text: string): number {
  const value = /^\d+$/.test(text) ? Number(text) : 0;
  if (value >= 1) return value;
  throw new UsageError(`--${name} must be a whole number from 1 on, and is "${text}"`);
}

async function readReport(file: string): Promise<Report> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new UsageError(`--with ${file}: ${(error as Error).message}`);
  }
}
