import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import {
  CLIENT_CATALOGUE,
  SERVER_CATALOGUE,
  STREAM_CLIENT_CATALOGUE,
  STREAM_SERVER_CATALOGUE,
} from '../../../src/conformance/catalogue.ts';
import { type Described, type ReportedCase, reportOf } from '../../../src/conformance/report.ts';
import { selectCases } from '../../../src/conformance/selection.ts';
import { serveCases } from '../../../src/conformance/serve-cases.ts';
import { probeStreamServer } from '../../../src/conformance/sse/probe-stream-server.ts';
import type { CaseResult } from '../../../src/conformance/verdict.ts';
import { probeServer, type ServerCase } from '../../../src/conformance/websocket/probe-server.ts';
import { type InstalledAgent, start } from './peers.ts';

/** By the id of the case. */
export type AgentResults = Readonly<Record<string, ReportedCase>>;

/** What one agent did. */
export interface ProbedAgent {
  readonly results: AgentResults;
  /** The cases that should run. */
  readonly count: number;
}

/** Milliseconds for all cases of one agent. */
const TIME = 5 * 60_000;

/** The failed cases that run again. */
const MAX_REPEATED = 40;

/** Runs the cases of these groups, or all, with an agent. Ends after some minutes, with the results so far. */
export async function probeAgent(
  agent: InstalledAgent,
  directory: string,
  only: readonly string[],
): Promise<ProbedAgent> {
  const deadline = AbortSignal.timeout(TIME);
  switch (agent.kind) {
    case 'server': {
      const cases = selectCases(SERVER_CATALOGUE, only, []);
      const results = new Map<string, CaseResult>();
      await probeUntilCrash(agent, directory, cases, results, deadline);
      await repeatFailed(agent, directory, cases, results, deadline);
      return { results: resultsOf(cases, [...results.values()]), count: cases.length };
    }
    case 'stream-server': {
      const cases = selectCases(STREAM_SERVER_CATALOGUE, only, []);
      const { child, authority } = await startServer(agent, directory);
      const results = await probeStreamServer(`http://${authority}/`, cases, { concurrency: 8 });
      child.kill();
      return { results: resultsOf(cases, results), count: cases.length };
    }
    default:
      return probeClientAgent(agent, directory, only, deadline);
  }
}

function resultsOf(cases: readonly Described[], results: readonly CaseResult[]): AgentResults {
  return Object.values(reportOf('agent', cases, results))[0]!;
}

async function startServer(agent: InstalledAgent, directory: string) {
  const child = start(agent, directory);
  const ended = once(child, 'exit').then(() => {
    throw new Error('the agent ended before it printed its port');
  });
  const [port] = (await Promise.race([once(child.stdout!, 'data'), ended])) as [Buffer];
  return { child, authority: `127.0.0.1:${Number(port)}` };
}

/** Starts a server, and adds the results that it has before the deadline. Resolves with its process. */
async function probeStarted(
  agent: InstalledAgent,
  directory: string,
  cases: readonly ServerCase[],
  results: Map<string, CaseResult>,
  deadline: AbortSignal,
  options: { readonly concurrency: number; readonly timeLimit?: number },
) {
  const { child, authority } = await startServer(agent, directory);
  const onResult = (result: CaseResult): void => {
    if (!deadline.aborted) results.set(result.id, result);
  };
  // Without the server, the cases that are left end at once.
  const onDeadline = (): void => void child.kill('SIGKILL');
  deadline.addEventListener('abort', onDeadline);
  await probeServer(`ws://${authority}`, cases, { ...options, onResult });
  deadline.removeEventListener('abort', onDeadline);
  return child;
}

/** Probes a server. If it crashes, probes it again with each half of the cases, to find the case that crashes it. */
async function probeUntilCrash(
  agent: InstalledAgent,
  directory: string,
  cases: readonly ServerCase[],
  results: Map<string, CaseResult>,
  deadline: AbortSignal,
): Promise<void> {
  if (deadline.aborted) return;
  const child = await probeStarted(agent, directory, cases, results, deadline, { concurrency: 4 });
  const hasCrashed = (child.exitCode !== null || child.signalCode !== null) && !deadline.aborted;
  if (!hasCrashed) child.kill();
  else if (cases.length > 1) {
    const half = Math.ceil(cases.length / 2);
    await probeUntilCrash(agent, directory, cases.slice(0, half), results, deadline);
    await probeUntilCrash(agent, directory, cases.slice(half), results, deadline);
  }
}

/** A case that failed because the machine was busy does not fail again when it runs alone, with more time. */
export async function repeatFailed(
  agent: InstalledAgent,
  directory: string,
  cases: readonly ServerCase[],
  results: Map<string, CaseResult>,
  deadline: AbortSignal,
): Promise<void> {
  const failed = cases.filter(({ id }) => {
    const result = results.get(id);
    return result !== undefined && [result.verdict, result.closeVerdict].includes('FAILED');
  });
  // More is the agent's doing.
  if (failed.length === 0 || failed.length > MAX_REPEATED || deadline.aborted) return;
  const child = await probeStarted(agent, directory, failed, results, deadline, { concurrency: 1, timeLimit: 10_000 });
  child.kill();
}

async function probeClientAgent(
  agent: InstalledAgent,
  directory: string,
  only: readonly string[],
  deadline: AbortSignal,
): Promise<ProbedAgent> {
  const isStream = agent.kind === 'stream-client';
  const cases = isStream ? [] : selectCases(CLIENT_CATALOGUE, only, []);
  const streamCases = isStream ? selectCases(STREAM_CLIENT_CATALOGUE, only, []) : [];
  let onReport: () => void = () => {};
  const reported = new Promise<void>((resolve) => {
    onReport = resolve;
  });
  const server = await serveCases(cases, streamCases, { port: 0, host: '127.0.0.1', onReport });
  const isBrowser = agent.extension === 'browser';
  const profile = isBrowser ? await mkdtemp(join(tmpdir(), 'profile-')) : '';
  const target = isBrowser
    ? [...browserArguments(agent.name, profile), `http://${server.address}/`]
    : [`${isStream ? 'http' : 'ws'}://${server.address}`];
  const child = start(agent, directory, target);
  const exit = once(child, 'exit');
  const aborted = deadline.aborted ? Promise.resolve() : once(deadline, 'abort');
  await Promise.race([exit, aborted, ...(isBrowser ? [reported] : [])]);
  // What ends because the agent is stopped is no result.
  const [results = {}] = Object.values(server.report());
  if (child.exitCode === null && child.signalCode === null) {
    child.kill();
    await Promise.race([exit, wait(5000, undefined, { ref: false })]);
    child.kill('SIGKILL');
  }
  await server.close();
  if (profile !== '') await rm(profile, { recursive: true, force: true, maxRetries: 3 });
  return { results, count: cases.length + streamCases.length };
}

function browserArguments(name: string, profile: string): string[] {
  if (name === 'firefox') return ['--headless', '--no-remote', '--profile', profile];
  return ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', `--user-data-dir=${profile}`];
}
