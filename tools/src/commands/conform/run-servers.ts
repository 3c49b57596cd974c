import { setImmediate as nextTurn } from 'node:timers/promises';
import { ALL_CASES, SERVER_CATALOGUE, STREAM_SERVER_CATALOGUE } from '../../conformance/catalogue.ts';
import {
  type Described,
  mergeResults,
  overall,
  type Report,
  reportOf,
  type UntestedServer,
} from '../../conformance/report.ts';
import { nameMatcher, selectCases } from '../../conformance/selection.ts';
import type { Sharing } from '../../conformance/server-check.ts';
import { ServerWatch } from '../../conformance/server-watch.ts';
import { checkStreamServer } from '../../conformance/sse/check-stream-server.ts';
import { probeStreamServer } from '../../conformance/sse/probe-stream-server.ts';
import type { StreamServerCase } from '../../conformance/sse/server-case.ts';
import type { CaseResult } from '../../conformance/verdict.ts';
import { checkEchoServer } from '../../conformance/websocket/check-echo-server.ts';
import { probeServer, type ServerCase } from '../../conformance/websocket/probe-server.ts';
import { tableOf } from '../../report/conformance/table.ts';
import { printable, printableLine } from '../../terminal/printable.ts';
import { hideProgress, showProgress } from '../../terminal/progress-bar.ts';
import { explainObstacle, explainSilence } from './explain-obstacle.ts';
import { endNow, onInterruption } from './interruption.ts';
import { ReportFiles, readEarlierRun } from './report-files.ts';
import { noCaseMatches } from './select.ts';
import type { AgentSettings, RunSettings } from './settings.ts';

/** Tests servers one after the other. Writes the reports while it does, and sets the exit status. */
export async function runServers(agents: readonly AgentSettings[], settings: RunSettings): Promise<void> {
  const plans = agents.map((agent) => planOf(agent, settings));
  const { json } = settings.files;
  const run = new Run(plans, settings, settings.resumes && json !== undefined ? await readEarlierRun(json) : {});
  await run.all();
}

/** The cases that a server runs. */
interface Plan {
  readonly agent: AgentSettings;
  /** Whether it is a server of event streams. */
  readonly isStream: boolean;
  readonly cases: readonly (ServerCase | StreamServerCase)[];
}

function planOf(agent: AgentSettings, { only, exclude, excludeFor }: RunSettings): Plan {
  const isStream = /^https?:/i.test(agent.url);
  const excluded = excludeFor.flatMap(([pattern, patterns]) => (nameMatcher(pattern)(agent.name) ? patterns : []));
  const selected = selectCases<ServerCase | StreamServerCase>(
    isStream ? STREAM_SERVER_CATALOGUE : SERVER_CATALOGUE,
    only,
    [...exclude, ...excluded],
  );
  const cases = selectCases(selected, agent.only, agent.exclude);
  if (cases.length > 0) return { agent, isStream, cases };
  const subject = isStream ? 'event stream servers' : 'WebSocket servers';
  throw noCaseMatches(subject, agent.name === agent.url ? undefined : agent.name);
}

/** Milliseconds that the check of a server waits, at least: with a shorter limit, the cases report what comes too late. */
const SHORTEST_CHECK = 2_000;

/** What a server does whose cases must run one at a time. */
const SHARING: Readonly<Record<Sharing, string>> = {
  broadcast:
    'sends each message to all connections, so its cases run one at a time. The cases of group 15 have several clients, and may fail for this reason',
  'single connection': 'accepts one connection at a time, so its cases run one at a time',
};

/** A sentence about "The server", with its name. */
function named(name: string, sentence: string): string {
  return sentence.replace(/^The server/, () => name);
}

class Run {
  readonly #plans: readonly Plan[];
  readonly #settings: RunSettings;
  /** The results of an earlier run. */
  readonly #earlier: Report;
  readonly #results = new Map<string, CaseResult[]>();
  readonly #files: ReportFiles;
  readonly #total: number;
  /** The servers of which all cases have a result. */
  readonly #complete = new Set<string>();
  /** Why cases of a server do not run, by its name. */
  readonly #reasons = new Map<string, string>();
  #done = 0;
  #isInterrupted = false;

  constructor(plans: readonly Plan[], settings: RunSettings, earlier: Report) {
    this.#settings = settings;
    this.#earlier = earlier;
    this.#plans = plans.map((plan) => ({
      ...plan,
      cases: plan.cases.filter(({ id }) => !hasResult(earlier, plan.agent.name, id)),
    }));
    this.#total = this.#plans.reduce((sum, { cases }) => sum + cases.length, 0);
    this.#files = new ReportFiles(
      settings.files,
      () => this.#report(),
      () => this.#untested(),
    );
  }

  /** Runs all cases that have no result yet. */
  async all(): Promise<void> {
    let shown = 0;
    const stopListening = onInterruption(async () => {
      this.#isInterrupted = true;
      hideProgress();
      for (const plan of this.#plans.slice(shown)) this.#print(plan);
      await this.#files.finish();
      console.error(`pushwire: Interrupted. ${this.#done} of ${this.#total} cases have a result${this.#hint()}`);
    });
    let isIncomplete = false;
    for (const plan of this.#plans) {
      if (plan.cases.length === 0 || (await this.#probe(plan))) this.#complete.add(plan.agent.name);
      else isIncomplete = true;
      this.#print(plan);
      shown++;
    }
    await this.#files.finish();
    stopListening();
    const report = this.#report();
    const isFailed = this.#plans.some(({ agent: { name } }) =>
      Object.values(report[name] ?? {}).some((reported) => overall(reported) === 'FAILED'),
    );
    if (isFailed || isIncomplete) process.exitCode = 1;
    // The connections of cases that will not end would keep the process alive.
    if (isIncomplete) endNow(1);
  }

  /** Runs the cases of a server. Resolves with whether all have a result. */
  async #probe({ agent, isStream, cases }: Plan): Promise<boolean> {
    const { name, url, headers } = agent;
    const { timeLimit, quietLimit, messages, isForced } = this.#settings;
    const guard = new ServerWatch(url, timeLimit, headers);
    const silence = await guard.begin();
    if (silence !== '') {
      guard.close();
      return this.#abandon(name, `The server does not answer (${silence}).${explainSilence(silence, url)}`);
    }
    const check = { timeLimit: Math.max(timeLimit, SHORTEST_CHECK), headers };
    const { obstacle, sharing } = isStream
      ? await checkStreamServer(url, check)
      : await checkEchoServer(url, cases as readonly ServerCase[], check);
    if (obstacle !== undefined) {
      const reason = explainObstacle(obstacle, url);
      if (!isForced) {
        guard.close();
        return this.#abandon(name, reason, ' (--force runs them)');
      }
      console.error(`pushwire: ${printableLine(named(name, reason))}`);
    }
    if (sharing !== undefined && this.#settings.concurrency > 1) {
      console.error(`pushwire: ${printableLine(`${name} ${SHARING[sharing]}`)}`);
    }
    const concurrency = sharing === undefined ? this.#settings.concurrency : 1;
    const results: CaseResult[] = [];
    this.#results.set(name, results);
    const label = (id: string): string => (this.#plans.length > 1 ? `${printableLine(name)} ${id}` : id);
    let isOver = false;
    const onResult = (result: CaseResult): void => {
      if (isOver || this.#isInterrupted) return;
      results.push(result);
      this.#files.touch();
      showProgress(++this.#done, this.#total, label(result.id));
    };
    const options = { concurrency, timeLimit, headers, guard, onResult };
    const probing = isStream
      ? probeStreamServer(url, cases as readonly StreamServerCase[], { ...options, quietLimit })
      : probeServer(url, cases as readonly ServerCase[], { ...options, messages });
    // The result of the case that the server did not survive counts.
    await Promise.race([probing, guard.death.then(() => nextTurn())]);
    isOver = true;
    guard.close();
    hideProgress();
    if (guard.reason === '') return true;
    const during = guard.lost.size === 0 ? '' : ` while these cases ran: ${[...guard.lost].join(', ')}`;
    const what = `The server no longer answers (${guard.reason})${during}.`;
    this.#reasons.set(name, what);
    const count = `${results.length} of ${cases.length} cases have a result`;
    console.error(`pushwire: ${printableLine(`${named(name, what)} ${count}${this.#hint()}`)}`);
    return false;
  }

  /** Reports a server whose cases do not run. */
  #abandon(name: string, reason: string, hint = ''): false {
    this.#reasons.set(name, reason);
    console.error(`pushwire: ${printableLine(`${named(name, reason)} None of its cases was run${hint}`)}`);
    return false;
  }

  #hint(): string {
    return this.#settings.files.json === undefined ? '' : '. Run again with --resume to run the other cases';
  }

  #print({ agent: { name } }: Plan): void {
    const reported = this.#report()[name];
    if (reported === undefined) return;
    if (this.#plans.length > 1) console.log(printableLine(name));
    console.log(printable(tableOf(reported)));
    if (this.#plans.length > 1) console.log();
  }

  /** The servers that lack results, once there is something to report. */
  #untested(): readonly UntestedServer[] {
    if (this.#reasons.size === 0 && Object.keys(this.#report()).length === 0) return [];
    return this.#plans
      .filter(({ agent }) => !this.#complete.has(agent.name))
      .map(({ agent: { name }, cases }) => {
        const reason =
          this.#reasons.get(name) ?? (this.#isInterrupted ? 'The run was interrupted.' : 'The run has not ended.');
        const results = this.#results.get(name);
        if (results === undefined) return { name, reason, isPartlyTested: false };
        const count = `${results.length} of ${cases.length} cases have a result.`;
        return { name, reason: `${reason} ${count}`, isPartlyTested: true };
      });
  }

  /** All results, in the order of the cases. */
  #report(): Report {
    const now = [...this.#results].map(([name, results]) => reportOf(name, ALL_CASES, results));
    const merged = mergeResults([this.#earlier, ...now]);
    return Object.fromEntries(Object.entries(merged).map(([name, cases]) => [name, sorted(cases)]));
  }
}

function hasResult(report: Report, name: string, id: string): boolean {
  return Object.hasOwn(report, name) && Object.hasOwn(report[name]!, id);
}

const ORDER: ReadonlyMap<string, number> = new Map(
  ALL_CASES.map(({ id }: Described, index): [string, number] => [id, index]),
);

function sorted(cases: Report[string]): Report[string] {
  const rank = (id: string): number => ORDER.get(id) ?? ORDER.size;
  return Object.fromEntries(Object.entries(cases).sort(([one], [other]) => rank(one) - rank(other)));
}
