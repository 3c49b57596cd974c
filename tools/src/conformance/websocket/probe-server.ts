import type { CaseGuard } from '../case-guard.ts';
import type { HeaderFields } from '../raw-connection.ts';
import { type CaseResult, DEFAULT_TIME_LIMIT, resultOf } from '../verdict.ts';
import { WireLog } from '../wire-log.ts';
import { type ConformanceCase, withMessages } from './case.ts';
import type { HandshakeCase } from './handshake-case.ts';
import { HANDSHAKE_TIME_LIMIT, openHandshake } from './open-handshake.ts';
import { probeHandshake } from './probe-handshake.ts';
import { probeRobustness } from './probe-robustness.ts';
import { extensionsFault } from './response-extensions.ts';
import type { RobustnessCase } from './robustness-case.ts';
import { runCase } from './run-case.ts';
import { TestConnection } from './test-connection.ts';
import { acceptedByServer, offersOf } from './test-deflate.ts';

export interface ProbeOptions {
  /** The cases that run at the same time. */
  readonly concurrency: number;
  /** Milliseconds to wait for what a case expects. Default: 5,000. */
  readonly timeLimit?: number | undefined;
  /** Messages of each case that sends many. Default: as many as have 1 MiB together, from 10 to 100. Autobahn sends 1,000. */
  readonly messages?: number | undefined;
  /** Header fields to send besides those of a case. */
  readonly headers?: HeaderFields | undefined;
  /** Decides which cases run, and which results count. Default: all. */
  readonly guard?: CaseGuard | undefined;
  /** Called with each result as soon as it is known. */
  readonly onResult?: ((result: CaseResult) => void) | undefined;
}

/** Runs cases against an echo server. The results have the order of the cases. */
export async function probeServer(
  url: string,
  cases: readonly ServerCase[],
  { concurrency, timeLimit = DEFAULT_TIME_LIMIT, messages, headers, guard, onResult }: ProbeOptions,
): Promise<CaseResult[]> {
  const results: CaseResult[] = [];
  const probe = async (index: number): Promise<void> => {
    const test = cases[index]!;
    if (guard !== undefined && !(await guard.start(test.id))) return;
    const result = await probeCase(url, test, { timeLimit, messages, headers });
    if (guard !== undefined && !(await guard.finish(result))) return;
    results[index] = result;
    onResult?.(result);
  };
  const isAttack = (index: number): boolean => 'attack' in cases[index]!;
  const attacks = [...cases.keys()].filter((index) => isAttack(index));
  // Cases that a slow server needs long for run after the short ones: beside them, the server may be too late for these.
  const others = [...cases.keys()]
    .filter((index) => !isAttack(index))
    .sort((one, other) => limitOf(cases[one]!) - limitOf(cases[other]!));
  const work = async (): Promise<void> => {
    for (let index = others.shift(); index !== undefined; index = others.shift()) await probe(index);
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  // Attacks run last and one at a time, so that they do not disturb other cases.
  for (const index of attacks) await probe(index);
  // Without the places of cases that did not run.
  return results.filter((result) => result !== undefined);
}

/** The time limit that a case has of its own; 0 for none. */
function limitOf(test: ServerCase): number {
  return 'steps' in test ? (test.timeLimit ?? 0) : 0;
}

/** A case for a WebSocket server. */
export type ServerCase = ConformanceCase | HandshakeCase | RobustnessCase;

interface CaseOptions {
  readonly timeLimit: number;
  readonly messages: number | undefined;
  readonly headers: HeaderFields | undefined;
}

function probeCase(url: string, test: ServerCase, { timeLimit, messages, headers }: CaseOptions): Promise<CaseResult> {
  if ('steps' in test) return probeEcho(url, withMessages(test, messages), timeLimit, headers);
  return 'attack' in test
    ? probeRobustness(url, test, timeLimit, headers)
    : probeHandshake(url, test, timeLimit, headers);
}

async function probeEcho(
  url: string,
  test: ConformanceCase,
  timeLimit: number,
  headers: HeaderFields | undefined,
): Promise<CaseResult> {
  const log = new WireLog();
  try {
    const offers = test.deflate === undefined ? undefined : offersOf(test.deflate);
    // A server that is busy with another long case responds late.
    const handshakeLimit = Math.max(HANDSHAKE_TIME_LIMIT, limitOf(test));
    const { transport, head, extensions } = await openHandshake(url, offers, {
      headers,
      log,
      timeLimit: handshakeLimit,
    });
    const fault = extensionsFault(extensions, offers !== undefined);
    if (fault !== '') {
      transport.destroy();
      throw new Error(fault);
    }
    const deflate = acceptedByServer(extensions, test.deflate);
    if (test.deflate !== undefined && deflate === null) {
      transport.destroy();
      return resultOf(test, 'UNIMPLEMENTED', 'The agent did not accept permessage-deflate', log);
    }
    const connection = new TestConnection(transport, head, true, log, deflate);
    return await runCase(test, connection, log, { isClient: true, timeLimit });
  } catch (error) {
    return resultOf(test, 'FAILED', `The opening handshake failed: ${(error as Error).message}`, log);
  }
}
