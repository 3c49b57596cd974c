import { readFile, writeFile } from 'node:fs/promises';
import { BROWSER_SCENES } from '../compare/browser/browser-scenes.ts';
import { BrowserStage } from '../compare/browser/browser-test-bed.ts';
import { environment } from '../compare/environment.ts';
import { findChromium } from '../compare/installed-programs.ts';
import { type ComparisonReport, type RunOptions, runScenes, type SceneReport } from '../compare/run-scenes.ts';
import { SCENES } from '../compare/scenes/all-scenes.ts';
import type { Scene } from '../compare/scenes/scene.ts';
import { Stage } from '../compare/test-bed.ts';
import { measureOwnServers } from '../compare/user-servers.ts';
import { htmlOf } from '../report/comparison/html.ts';
import { tableOf } from '../report/comparison/table.ts';
import { hideProgress, showProgress } from '../terminal/progress-bar.ts';
import { headerOptions, parseOptions, wholeNumber } from './arguments/options.ts';
import { UsageError } from './arguments/usage-error.ts';

const DEFAULT_ROUNDS = 5;
const DEFAULT_SECONDS = 10;
/** Milliseconds: what a scene can take without being longer than anyone waits. */
const LONGEST_DELAY = 10_000;

const HELP = `Usage: pushwire compare [SCENE...] [options]
       pushwire compare --browser [SCENE...] [options]
       pushwire compare --websocket URL --event-stream URL [options]

Measures WebSocket and event stream side by side on this machine, each round in fresh processes, and judges two models of
the total time: T = C + R (+ P), and C + C2 + R up + P + R down. Without a scene, all of them, in less than 90 seconds.

With the URLs of your own servers, what a client can see of them: the set-up, the echo, and what they push. The WebSocket is
sent some short texts, and {"type":"clock"}, to see whether it answers.

A figure is the median of the rounds; behind it, how far the farthest of them is away.

Scenes:
${listOf(SCENES)}

Scenes in a browser:
${listOf(BROWSER_SCENES)}

Options:
  --browser          measure a browser's own WebSocket and EventSource: the Chromium of CHROMIUM_PATH, or on the path
  --rounds N         rounds. Default: ${DEFAULT_ROUNDS}
  --hold MS          milliseconds that the server holds each message back, so that P grows by as much. Default: 0
  --delay MS         milliseconds of a network each way, so that R grows by as much. Default: 0
  --websocket URL    your own WebSocket, at ws: or wss:
  --event-stream URL your own event stream, at http: or https:
  --seconds N        for which your own servers are listened to. Default: ${DEFAULT_SECONDS}
  --header TEXT      send them a header field, as "Name: value"; can be given several times
  --ca FILE          believe certificates that this one has signed (PEM)
  --insecure         believe every certificate
  --json FILE        write the figures, with each exchange
  --html FILE        write a page with tables and charts
  --help             this text
`;

const OPTIONS = {
  browser: { type: 'boolean', default: false },
  rounds: { type: 'string', default: String(DEFAULT_ROUNDS) },
  hold: { type: 'string', default: '0' },
  delay: { type: 'string', default: '0' },
  websocket: { type: 'string' },
  'event-stream': { type: 'string' },
  seconds: { type: 'string', default: String(DEFAULT_SECONDS) },
  header: { type: 'string', multiple: true, default: [] as string[] },
  ca: { type: 'string' },
  insecure: { type: 'boolean', default: false },
  json: { type: 'string' },
  html: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

function listOf(scenes: readonly Pick<Scene, 'name' | 'title'>[]): string {
  return scenes.map(({ name, title }) => `  ${name.padEnd(13)}${title}`).join('\n');
}

/** `pushwire compare`. */
export async function compare(commandArguments: readonly string[]): Promise<void> {
  const config = { args: [...commandArguments], options: OPTIONS, allowPositionals: true } as const;
  const { values, positionals } = parseOptions(config, HELP);
  if (values.help) return void process.stdout.write(HELP);
  const known: readonly Scene<never>[] = values.browser ? BROWSER_SCENES : SCENES;
  const unknown = positionals.find((name) => !known.some((scene) => scene.name === name));
  if (unknown !== undefined) throw new UsageError(`There is no scene "${unknown}".\n\n${HELP}`);
  const conditions = {
    rounds: wholeNumber('rounds', values.rounds, 1, 1000),
    hold: wholeNumber('hold', values.hold, 0, LONGEST_DELAY),
    delay: wholeNumber('delay', values.delay, 0, LONGEST_DELAY),
  };

  const servers = serversOf(values.websocket, values['event-stream'], positionals, values.browser);
  const seconds = wholeNumber('seconds', values.seconds, 1, 3600);
  const access = {
    headers: headerOptions(values.header),
    insecure: values.insecure,
    ...(values.ca === undefined ? {} : { ca: await readFile(values.ca, 'utf8') }),
  };

  const interruption = new AbortController();
  const interrupt = (): void => interruption.abort();
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  try {
    const onProgress = (done: number, all: number, name: string): void => showProgress(done, all, name);
    const options = { rounds: conditions.rounds, onProgress, signal: interruption.signal };
    const measured = await (servers === undefined
      ? measureScenes(positionals, values.browser, { ...conditions, ...options })
      : measureOwnServers({ ...servers, ...options, access, seconds }));
    hideProgress();
    const report: ComparisonReport = {
      environment: environment(),
      conditions: { ...conditions, isBrowser: values.browser, ...(servers === undefined ? {} : { servers }) },
      scenes: measured,
    };
    for (const scene of report.scenes) console.log(`${scene.title}\n\n${tableOf(scene)}\n`);
    if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(report, null, 1)}\n`);
    if (values.html !== undefined) await writeFile(values.html, htmlOf(report));
  } catch (error) {
    hideProgress();
    if (!interruption.signal.aborted) throw error;
    // As a shell tells of a process that a signal has ended.
    process.exitCode = 130;
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
}

function measureScenes(names: readonly string[], inBrowser: boolean, options: RunOptions): Promise<SceneReport[]> {
  const chosen = <On>(scenes: readonly Scene<On>[]): Scene<On>[] =>
    scenes.filter(({ name }) => names.length === 0 || names.includes(name));
  if (!inBrowser) return runScenes(chosen(SCENES), options, Stage.set);
  const program = findChromium();
  if (program === null) throw new Error('There is no Chromium on the path, and CHROMIUM_PATH does not lead to one');
  return runScenes(chosen(BROWSER_SCENES), options, (conditions) => BrowserStage.set(conditions, program));
}

function serversOf(
  websocket: string | undefined,
  eventStream: string | undefined,
  scenes: readonly string[],
  inBrowser: boolean,
): { websocket: string; eventStream: string } | undefined {
  if (websocket === undefined && eventStream === undefined) return undefined;
  if (websocket === undefined || eventStream === undefined) {
    throw new UsageError('--websocket and --event-stream belong together');
  }
  if (scenes.length > 0 || inBrowser) {
    throw new UsageError(
      'Scenes, and those in a browser, are measured with servers of this command, and not with yours',
    );
  }
  for (const [option, url, schemes] of [
    ['websocket', websocket, /^wss?:$/],
    ['event-stream', eventStream, /^https?:$/],
  ] as const) {
    if (!URL.canParse(url) || !schemes.test(new URL(url).protocol)) {
      const wanted = option === 'websocket' ? 'ws: or wss:' : 'http: or https:';
      throw new UsageError(`--${option} must be a URL at ${wanted}, and is "${url}"`);
    }
  }
  return { websocket, eventStream };
}
