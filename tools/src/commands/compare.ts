import { BROWSER_SCENES } from '../compare/browser/browser-scenes.ts';
import { BrowserTestBed } from '../compare/browser/browser-test-bed.ts';
import type { ComparisonReport, SceneReport } from '../compare/comparison-report.ts';
import { environment } from '../compare/environment.ts';
import { findChromium } from '../compare/installed-programs.ts';
import { type RunOptions, runScenes } from '../compare/run-scenes.ts';
import { SCENES } from '../compare/scenes/all-scenes.ts';
import type { Scene } from '../compare/scenes/scene.ts';
import { TestBed } from '../compare/test-bed.ts';
import { measureUserServers } from '../compare/user-servers.ts';
import { htmlOf } from '../report/comparison/html.ts';
import { tableOf } from '../report/comparison/table.ts';
import { printable } from '../terminal/printable.ts';
import { hideProgress, showProgress } from '../terminal/progress-bar.ts';
import { completeUrl } from './arguments/complete-url.ts';
import { parseOptions, wholeNumber } from './arguments/options.ts';
import { readCertificates } from './arguments/read-certificates.ts';
import { ACCESS_OPTIONS, headerOptions } from './arguments/server-access.ts';
import { UsageError, usageError } from './arguments/usage-error.ts';
import { writeFiles } from './arguments/write-files.ts';

const DEFAULT_ROUNDS = 5;
const DEFAULT_SECONDS = 10;
/** The largest value of --hold and --delay, in milliseconds. With more, a run would take too long. */
const MAX_DELAY = 10_000;

const HELP = `Usage: pushwire compare [SCENE...] [options]
       pushwire compare --browser [SCENE...] [options]
       pushwire compare --websocket URL --event-stream URL [options]

Measure WebSocket and event stream side by side on this machine. Without a
SCENE, all scenes are measured, which takes up to 90 seconds. Each round starts
new processes. Each figure is the median of all rounds, followed by the largest
deviation from the median.

The terms of an exchange:

  C                   Connection set-up; C2 for a second connection
  R up, R down        Transfer to the server, transfer to the client
  P                   Push delay: the time that the server needs to send
  T                   Total time

The scenes "exchange" and "network" compare T with the sums of two models:
T = C + R (+ P), and T = C + C2 + R up + P + R down.

With --websocket and --event-stream, measure your own servers as a client sees
them: connection set-up, echo and pushed messages. For this, a few short texts
and {"type":"clock"} messages are sent over the WebSocket.

Scenes:
${listOf(SCENES)}

Scenes with --browser:
${listOf(BROWSER_SCENES)}

Options:
  --browser           Use Chromium as the client: the program in CHROMIUM_PATH,
                      or else in PATH
  --rounds N          Number of rounds (default: ${DEFAULT_ROUNDS})
  --hold MS           Delay each message in the server, which adds to P
                      (default: 0 ms)
  --delay MS          Simulate a network with this one-way delay, which adds to
                      R (default: 0 ms)
  --websocket URL     Your WebSocket server (ws: or wss:)
  --event-stream URL  Your event stream server (http: or https:)
  --seconds N         Measure your servers for N seconds (default: ${DEFAULT_SECONDS} s)
  --header TEXT       Send your servers a header field "Name: value"
                      (repeatable)
  --ca FILE           Verify your servers with the CA certificates in FILE (PEM)
  --insecure          Do not verify the certificates of your servers
  --json FILE         Write the figures, with each exchange, as JSON
  --html FILE         Write the figures as a web page with tables and charts.
                      Missing folders of FILE are created
  -h, --help          Show this help

Examples:
  pushwire compare --html report.html
  pushwire compare exchange --delay 40 --rounds 3
  pushwire compare --browser set-up latency
`;

const OPTIONS = {
  browser: { type: 'boolean', default: false },
  rounds: { type: 'string', default: String(DEFAULT_ROUNDS) },
  hold: { type: 'string', default: '0' },
  delay: { type: 'string', default: '0' },
  websocket: { type: 'string' },
  'event-stream': { type: 'string' },
  seconds: { type: 'string', default: String(DEFAULT_SECONDS) },
  ...ACCESS_OPTIONS,
  json: { type: 'string' },
  html: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

function listOf(scenes: readonly Pick<Scene, 'name' | 'title'>[]): string {
  return scenes.map(({ name, title }) => `  ${name.padEnd(20)}${title}`).join('\n');
}

/** `pushwire compare`. */
export async function compare(commandArguments: readonly string[]): Promise<void> {
  const config = { args: [...commandArguments], options: OPTIONS, allowPositionals: true } as const;
  const { values, positionals } = parseOptions(config, HELP);
  if (values.help) return void process.stdout.write(HELP);
  const known: readonly Scene<never>[] = values.browser ? BROWSER_SCENES : SCENES;
  const unknown = positionals.find((name) => !known.some((scene) => scene.name === name));
  if (unknown !== undefined) {
    const allowed = known.map(({ name }) => name).join(', ');
    throw usageError(`Unknown scene "${unknown}" (allowed: ${allowed})`, HELP);
  }
  const conditions = {
    rounds: wholeNumber('rounds', values.rounds, 1, 1000),
    hold: wholeNumber('hold', values.hold, 0, MAX_DELAY),
    delay: wholeNumber('delay', values.delay, 0, MAX_DELAY),
  };

  const servers = serversOf(values.websocket, values['event-stream'], positionals, values.browser);
  const seconds = wholeNumber('seconds', values.seconds, 1, 3600);
  const access = {
    headers: headerOptions(values.header),
    insecure: values.insecure,
    ...(values.ca === undefined ? {} : { ca: (await readCertificates('ca', values.ca)).toString() }),
  };

  const interruption = new AbortController();
  const interrupt = (): void => interruption.abort();
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  try {
    const options = { rounds: conditions.rounds, onProgress: showProgress, signal: interruption.signal };
    const measured = await (servers === undefined
      ? measureScenes(positionals, values.browser, { ...conditions, ...options })
      : measureUserServers({ ...servers, ...options, access, seconds }));
    hideProgress();
    const report: ComparisonReport = {
      environment: environment(),
      conditions: { ...conditions, isBrowser: values.browser, ...(servers === undefined ? {} : { servers }) },
      scenes: measured,
    };
    for (const scene of report.scenes) console.log(printable(`${scene.title}\n\n${tableOf(scene)}\n`));
    await writeFiles([
      [values.json, () => `${JSON.stringify(report, null, 1)}\n`],
      [values.html, () => htmlOf(report)],
    ]);
  } catch (error) {
    hideProgress();
    if (!interruption.signal.aborted) throw error;
    // 128 + SIGINT: the status that shells report for an interrupted process.
    process.exitCode = 130;
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
}

function measureScenes(names: readonly string[], inBrowser: boolean, options: RunOptions): Promise<SceneReport[]> {
  const selected = <On>(scenes: readonly Scene<On>[]): Scene<On>[] =>
    scenes.filter(({ name }) => names.length === 0 || names.includes(name));
  if (!inBrowser) return runScenes(selected(SCENES), options, TestBed.start);
  const program = findChromium();
  if (program === null) throw new Error('Chromium was not found: set CHROMIUM_PATH to its path, or add it to PATH');
  return runScenes(selected(BROWSER_SCENES), options, (conditions) => BrowserTestBed.start(conditions, program));
}

function serversOf(
  websocket: string | undefined,
  eventStream: string | undefined,
  scenes: readonly string[],
  inBrowser: boolean,
): { websocket: string; eventStream: string } | undefined {
  if (websocket === undefined && eventStream === undefined) return undefined;
  if (websocket === undefined || eventStream === undefined) {
    throw new UsageError('--websocket and --event-stream must be used together');
  }
  if (scenes.length > 0 || inBrowser) {
    throw new UsageError('Scenes and --browser cannot be combined with --websocket and --event-stream');
  }
  const urls = { websocket: completeUrl(websocket, 'ws'), eventStream: completeUrl(eventStream, 'http') };
  for (const [option, url, schemes] of [
    ['websocket', urls.websocket, /^wss?:$/],
    ['event-stream', urls.eventStream, /^https?:$/],
  ] as const) {
    if (!URL.canParse(url) || !schemes.test(new URL(url).protocol)) {
      const allowed = option === 'websocket' ? 'ws: or wss:' : 'http: or https:';
      throw new UsageError(`--${option} must be a URL with the scheme ${allowed}; received "${url}"`);
    }
  }
  return urls;
}
