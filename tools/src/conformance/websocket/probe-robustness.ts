import type { Duplex } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { connect, fillPlaceholders, type HeaderFields, reset } from '../raw-connection.ts';
import { type CaseResult, resultOf } from '../verdict.ts';
import { WireLog } from '../wire-log.ts';
import type { ConformanceCase } from './case.ts';
import { echoOf, expectReplies, text } from './cases/dsl.ts';
import { openHandshake } from './open-handshake.ts';
import type { Attack, RobustnessCase } from './robustness-case.ts';
import { runCase } from './run-case.ts';
import { SENTENCES } from './sentences.ts';
import { TestConnection } from './test-connection.ts';

/** What the other clients do during an attack. */
const ECHO_CASE: ConformanceCase = {
  id: '',
  title: '',
  section: '',
  sentence: SENTENCES.message,
  steps: [{ send: [text('Hello')] }],
  expect: expectReplies(echoOf('text', 'Hello')),
};
/** Milliseconds from the start of an attack to the check of the other clients. */
const LEAD_TIME = 100;

/** Attacks a server, and checks that it serves a client connected before the attack and one that connects during it. */
export async function probeRobustness(
  url: string,
  test: RobustnessCase,
  timeLimit: number,
  headers: HeaderFields = {},
): Promise<CaseResult> {
  const log = new WireLog();
  const attackers: Duplex[] = [];
  const runEcho = async (connection: TestConnection, client: string): Promise<string> => {
    const { verdict, closeVerdict, text } = await runCase(ECHO_CASE, connection, log, { isClient: true, timeLimit });
    return verdict === 'OK' && closeVerdict === 'OK' ? '' : `${client}: ${text}`;
  };
  const open = async (): Promise<TestConnection> => {
    const { transport, head } = await openHandshake(url, undefined, { headers });
    return new TestConnection(transport, head, true, log);
  };
  let client = 'The client connected before the attack';
  try {
    const bystander = await open();
    client = 'The attacker';
    if (!(await startAttack({ url, headers }, test.attack, attackers, log))) {
      bystander.destroy();
      return resultOf(test, 'UNIMPLEMENTED', 'The agent did not accept permessage-deflate', log);
    }
    await wait(Math.max(LEAD_TIME, test.attack.cutAfter ?? 0));
    let wrong = await runEcho(bystander, 'The client connected before the attack');
    client = 'The client connecting during the attack';
    wrong ||= await runEcho(await open(), client);
    return resultOf(test, wrong === '' ? 'OK' : 'FAILED', wrong, log);
  } catch (error) {
    return resultOf(test, 'FAILED', `${client} was not served: ${(error as Error).message}`, log);
  } finally {
    for (const attacker of attackers) attacker.destroy();
  }
}

/** A server, and header fields to send besides those of a case. */
interface Target {
  readonly url: string;
  readonly headers: HeaderFields;
}

/** Returns whether the attack is possible. */
async function startAttack(target: Target, attack: Attack, attackers: Duplex[], log: WireLog): Promise<boolean> {
  const { url, headers } = target;
  const { connections, opens, deflate = false, send, cutAfter } = attack;
  const parts = send().map((part) => (typeof part === 'string' ? fillPlaceholders(part, url, headers) : part));
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  log.add('tester', `${connections} attackers send ${length} octets each`);
  for (let count = 0; count < connections; count++) {
    const attacker = opens ? await openAttacker(target, deflate) : connect(url);
    if (attacker === null) return false;
    attackers.push(attacker);
    // It never reads, so that the responses of the server pile up.
    attacker.pause();
    attacker.on('error', () => {});
    for (const part of parts) attacker.write(part);
    if (cutAfter !== undefined) setTimeout(() => reset(attacker), cutAfter);
  }
  return true;
}

/** Returns null if the server does not accept permessage-deflate. */
async function openAttacker({ url, headers }: Target, deflate: boolean): Promise<Duplex | null> {
  const { transport, extensions } = await openHandshake(url, deflate ? 'permessage-deflate' : undefined, {
    headers,
  });
  if (!deflate || extensions !== undefined) return transport;
  transport.destroy();
  return null;
}
