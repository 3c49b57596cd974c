import { selfSignedCertificate } from '../compare/self-signed-certificate.ts';
import {
  ALL_CASES,
  CLIENT_CATALOGUE,
  SERVER_CATALOGUE,
  STREAM_CLIENT_CATALOGUE,
  STREAM_SERVER_CATALOGUE,
} from '../conformance/catalogue.ts';
import type { Described } from '../conformance/report.ts';
import { parseServerUrl } from '../conformance/server-url.ts';
import { DEFAULT_QUIET_LIMIT } from '../conformance/sse/probe-stream-server.ts';
import { DEFAULT_TIME_LIMIT } from '../conformance/verdict.ts';
import { printableLine } from '../terminal/printable.ts';
import { completeUrl } from './arguments/complete-url.ts';
import { fromArguments, MAX_TIMEOUT, onlyUrl, parseOptions, portNumber, wholeNumber } from './arguments/options.ts';
import { readKeyPair } from './arguments/read-certificates.ts';
import { readReport } from './arguments/read-report.ts';
import { headerOptions } from './arguments/server-access.ts';
import { trustOf } from './arguments/trust.ts';
import { UsageError } from './arguments/usage-error.ts';
import { type Config, headersOf, NO_CONFIG, readConfig } from './conform/config-file.ts';
import { patternsOf, refuseBesideSelfTest, refuseIneffective } from './conform/option-conflicts.ts';
import { type FileSettings, ReportFiles } from './conform/report-files.ts';
import { runServers } from './conform/run-servers.ts';
import { select } from './conform/select.ts';
import { serveClients } from './conform/serve-clients.ts';
import type { AgentSettings, RunSettings } from './conform/settings.ts';

const DEFAULT_CONCURRENCY = 4;
const DEFAULT_HOST = '127.0.0.1';
/** The agents of the self-test that run at the same time. */
const SELF_TEST_CONCURRENCY = 12;
/** The messages of Autobahn's cases. */
const ALL_MESSAGES = 1000;

const HELP = `Usage: pushwire conform URL [options]
       pushwire conform --serve PORT [options]
       pushwire conform --config FILE [options]
       pushwire conform --with FILE... [--html FILE] [--markdown FILE]
       pushwire conform --self-test [options]

Test a server, a client or a browser for conformance with RFC 6455, RFC 7692 and
the Server-Sent Events section of the HTML standard.

With a ws: or wss: URL, test a WebSocket server that echoes each message
(${SERVER_CATALOGUE.length} cases). With an http: or https: URL, test an event stream server
(${STREAM_SERVER_CATALOGUE.length} cases). The default scheme of the URL is ws, or wss for port 443. The
certificate of the server is not verified. If the server stops answering, the
run ends.

Before the cases, check once that the server opens a WebSocket and echoes a text
or binary message, or that it sends an event stream. If it does not, no case
runs. Violations of the standards do not stop the run. If the server sends each
message to all connections, the cases run one at a time.

With --serve, test WebSocket clients that echo each message (${CLIENT_CATALOGUE.length} cases), and
event stream clients (${STREAM_CLIENT_CATALOGUE.length} cases). To test a browser, open the printed address in
it. Other clients use these paths:

  /getCaseCount                         Number of WebSocket cases
  /runCase?case=N&agent=NAME            Run WebSocket case N
  /getCaseInfo?case=N                   ID and title of WebSocket case N
  /getCaseStatus?case=N&agent=NAME      Result of WebSocket case N
  /eventStreamCases?agent=NAME          List of the event stream cases, as JSON
  /runEventStream?case=N&agent=NAME     Run event stream case N
  /reportEventStream?case=N&agent=NAME  POST the dispatched events here, as JSON
  /updateReports?agent=NAME             Write the reports
  /stopServer                           Write the reports, and stop

The paths for WebSocket are those of the Autobahn fuzzing server. To select a
case by its ID, use casetuple=ID in place of case=N.

With --config, read the servers to test, or the settings of --serve, from FILE.
The files fuzzingclient.json and fuzzingserver.json of Autobahn are accepted.

With --self-test, test the cases themselves: run them against agents with known
faults, which they must detect, and against correct but unusual agents, which
they must pass.

With --with and no URL, run no case: write earlier results side by side to the
files of --html and --markdown. The last --with FILE is the latest result.

Without any of the options that write files, only a table is printed. The files
are updated during the run, and are complete after Ctrl+C. Missing folders are
created.

Options:
  --only PATTERN     Run only these cases, for example 6.4.1, 6 or "6.2*"
                     (repeatable; commas separate patterns)
  --exclude PATTERN  Do not run these cases (repeatable; commas separate
                     patterns)
  --time-limit MS    Time limit for an answer (default: ${DEFAULT_TIME_LIMIT} ms)
  --thorough         In cases with many messages, send ${ALL_MESSAGES}, as Autobahn does
                     (default: 10 to 100, which detect the same faults)
  --config FILE      Read settings and servers from this JSON file
  --json FILE        Write the results, with a log of each connection, as JSON
  --html FILE        Write the results as a web page
  --junit FILE       Write the results as JUnit XML
  --markdown FILE    Write a summary as Markdown, for a pull request comment
  --badge FILE       Write a badge as SVG, for a README
  --with FILE        Add the results in FILE to those of --html and --markdown:
                     a file of --json, or the index.json of an Autobahn report
                     (repeatable)
  --resume           Run only the cases without a result in the --json FILE
  --list             List the cases and exit
  --self-test        Test the cases themselves; accepts only --only, --exclude
                     and --concurrency
  -h, --help         Show this help

Options for servers under test:
  --header TEXT      Send a header field "Name: value" (repeatable)
  --origin ORIGIN    Send this Origin header field
  --protocol NAME    Offer a subprotocol (repeatable)
  --agent NAME       Name of the server in the reports (default: the URL)
  --concurrency N    Number of cases to run at the same time
                     (default: ${DEFAULT_CONCURRENCY}; with --self-test: ${SELF_TEST_CONCURRENCY})
  --force            Run the cases even if the check of the server fails
  --quiet-limit MS   Longest silence allowed on an event stream
                     (default: ${DEFAULT_QUIET_LIMIT} ms)

Options for clients under test:
  --serve PORT       Port to listen on; 0 selects any free port
  --host ADDRESS     Address to listen on (default: ${DEFAULT_HOST}, this machine
                     only)
  --allow-host NAME  Serve the page and the reports under this host name, too
                     (repeatable; default: localhost, IP addresses and --host).
                     The cases are served under any name, to pages of any origin
  --tls              Serve over TLS with a self-signed certificate
  --cert FILE        Serve over TLS with this certificate (PEM); requires --key
  --key FILE         Private key of the certificate (PEM); requires --cert
  --shutdown-on-complete
                     Stop after a request for /updateReports

Examples:
  pushwire conform ws://localhost:8080/echo --html report.html
  pushwire conform http://localhost:8080/time --only 20,21
  pushwire conform --serve 9001 --json results.json

The first two examples use the endpoints of "pushwire serve".

Exit status:
  0    No case failed, or Ctrl+C stopped --serve
  1    A case failed, a server did not answer or its check failed, a file could
       not be written, or --self-test found a fault
  2    The arguments are invalid
  130  Ctrl+C interrupted the run. For another signal: 128 and its number
`;

const OPTIONS = {
  serve: { type: 'string' },
  host: { type: 'string' },
  'allow-host': { type: 'string', multiple: true, default: [] as string[] },
  cert: { type: 'string' },
  key: { type: 'string' },
  tls: { type: 'boolean' },
  'shutdown-on-complete': { type: 'boolean' },
  header: { type: 'string', multiple: true, default: [] as string[] },
  origin: { type: 'string' },
  protocol: { type: 'string', multiple: true, default: [] as string[] },
  config: { type: 'string' },
  only: { type: 'string', multiple: true, default: [] as string[] },
  exclude: { type: 'string', multiple: true, default: [] as string[] },
  concurrency: { type: 'string' },
  'time-limit': { type: 'string' },
  'quiet-limit': { type: 'string' },
  thorough: { type: 'boolean' },
  agent: { type: 'string' },
  json: { type: 'string' },
  html: { type: 'string' },
  junit: { type: 'string' },
  markdown: { type: 'string' },
  badge: { type: 'string' },
  force: { type: 'boolean', default: false },
  resume: { type: 'boolean', default: false },
  with: { type: 'string', multiple: true, default: [] as string[] },
  list: { type: 'boolean', default: false },
  'self-test': { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

type Values = ReturnType<typeof parseOptions<{ readonly options: typeof OPTIONS }>>['values'];

/** `pushwire conform`. */
export async function conform(commandArguments: readonly string[]): Promise<void> {
  const parseConfig = { args: [...commandArguments], options: OPTIONS, allowPositionals: true } as const;
  const { values: given, positionals } = parseOptions(parseConfig, HELP);
  if (given.help) return void process.stdout.write(HELP);
  const values = {
    ...given,
    only: [...patternsOf('only', given.only)],
    exclude: [...patternsOf('exclude', given.exclude)],
  };
  if (values.list) {
    for (const { id, title, section } of select(ALL_CASES, values)) {
      console.log(`${id.padEnd(8)}${title} (${section})`);
    }
    return;
  }
  if (values['self-test']) {
    if (positionals.length > 0)
      throw new UsageError(`--self-test cannot be used with a URL; received "${positionals.join(' ')}"`);
    refuseBesideSelfTest(values);
    const concurrency = numberOf('concurrency', values.concurrency, undefined, SELF_TEST_CONCURRENCY);
    const { selfTest } = await import('./conform/self-test.ts');
    return selfTest(values.only, values.exclude, concurrency);
  }
  const config = values.config === undefined ? NO_CONFIG : await readConfig(values.config);
  const settings = await settingsOf(values, config);
  if (values.serve !== undefined && positionals.length > 0) {
    throw new UsageError(`--serve cannot be used with a URL; received "${positionals.join(' ')}"`);
  }
  if (values.with.length > 0 && (settings.files.html ?? settings.files.markdown) === undefined) {
    throw new UsageError('--with requires --html or --markdown');
  }
  const port = values.serve ?? (config.agents.length === 0 && positionals.length === 0 ? config.serve : undefined);
  if (port !== undefined) {
    refuseIneffective(values, 'clients');
    return serve(port, values, config, settings);
  }
  refuseIneffective(values, 'servers');
  if (config.agents.length === 0 && positionals.length === 0 && isComparison(settings.files)) {
    return new ReportFiles(settings.files, () => ({})).finish();
  }
  const agents = agentsOf(values, positionals, config);
  // Throws if no case of any catalogue matches.
  if (agents.length > 1) select(ALL_CASES, settings);
  return runServers(agents, settings);
}

async function serve(port: string, values: Values, config: Config, settings: RunSettings): Promise<void> {
  select<Described>([...CLIENT_CATALOGUE, ...STREAM_CLIENT_CATALOGUE], settings, 'clients');
  const host = values.host ?? config.host ?? DEFAULT_HOST;
  return serveClients(
    {
      port: portNumber('serve', port),
      host,
      trust: trustOf(host, values['allow-host']),
      tls: await certificateOf(values, config),
      stopsWhenComplete: values['shutdown-on-complete'] ?? config.shutdownOnComplete ?? false,
    },
    settings,
  );
}

/** Whether the files are of earlier results alone. */
function isComparison({ json, junit, badge, earlier }: FileSettings): boolean {
  return earlier.length > 0 && (json ?? junit ?? badge) === undefined;
}

/** The servers to test. */
function agentsOf(values: Values, positionals: readonly string[], config: Config): readonly AgentSettings[] {
  const headers = fromArguments(() => headersOf(headerOptions(values.header), values.origin, values.protocol));
  if (config.agents.length > 0 && positionals.length === 0) {
    if (values.agent !== undefined) throw new UsageError('--agent requires a URL: the servers of --config have names');
    return config.agents.map((agent) => ({ ...agent, headers: { ...headers, ...agent.headers } }));
  }
  const text = onlyUrl(positionals, HELP);
  const url = completeUrl(text, 'ws');
  fromArguments(() => parseServerUrl(url));
  if (url !== text) {
    const other = url.replace('ws', 'http');
    console.error(
      `pushwire: Testing the WebSocket server ${printableLine(`${url}. For an event stream, use ${other}`)}`,
    );
  }
  return [{ name: values.agent ?? url, url, headers, only: [], exclude: [] }];
}

/** What the command line says, or else the configuration file, or else the default. */
async function settingsOf(values: Values, config: Config): Promise<RunSettings> {
  const json = values.json ?? config.json;
  if (values.resume && json === undefined)
    throw new UsageError('--resume requires --json, the file with earlier results');
  return {
    only: values.only.length > 0 ? values.only : config.only,
    exclude: [...config.exclude, ...values.exclude],
    excludeFor: config.excludeFor,
    concurrency: numberOf('concurrency', values.concurrency, config.concurrency, DEFAULT_CONCURRENCY),
    timeLimit: numberOf('time-limit', values['time-limit'], config.timeLimit, DEFAULT_TIME_LIMIT, MAX_TIMEOUT),
    quietLimit: numberOf('quiet-limit', values['quiet-limit'], config.quietLimit, DEFAULT_QUIET_LIMIT, MAX_TIMEOUT),
    messages: (values.thorough ?? config.thorough) ? ALL_MESSAGES : undefined,
    files: {
      json,
      html: values.html ?? config.html,
      junit: values.junit ?? config.junit,
      markdown: values.markdown ?? config.markdown,
      badge: values.badge ?? config.badge,
      earlier: await Promise.all(values.with.map(readReport)),
    },
    isForced: values.force,
    resumes: values.resume,
  };
}

function numberOf(
  name: string,
  value: string | undefined,
  configured: string | undefined,
  byDefault: number,
  highest?: number,
): number {
  const text = value ?? configured;
  return text === undefined ? byDefault : wholeNumber(name, text, 1, highest);
}

/** The certificate for --serve; undefined to serve without TLS. */
async function certificateOf(
  values: Values,
  config: Config,
): Promise<{ readonly cert: string | Buffer; readonly key: string | Buffer } | undefined> {
  const [cert, key] = [values.cert ?? config.cert, values.key ?? config.key];
  if ((cert === undefined) !== (key === undefined)) throw new UsageError('--cert and --key must be used together');
  if (cert !== undefined && key !== undefined) {
    return readKeyPair(cert, key);
  }
  return (values.tls ?? config.tls) ? selfSignedCertificate() : undefined;
}
