import type { Duplex } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { addressed, connect } from '../raw-connection.ts';
import { type CaseResult, resultOf } from '../verdict.ts';
import { WireLog } from '../wire-log.ts';
import type { ConformanceCase } from './case.ts';
import { answers, echoed, text } from './cases/dsl.ts';
import { openHandshake } from './open-handshake.ts';
import type { Attack, RobustnessCase } from './robustness-case.ts';
import { runCase } from './run-case.ts';
import { TestConnection } from './test-connection.ts';

/** What others go on doing. */
const ECHO: ConformanceCase = {
  id: '',
  title: '',
  section: '',
  steps: [{ send: [text('Hello')] }],
  expect: answers(echoed('text', 'Hello')),
};
/** Milliseconds that an attack goes on before others are looked at. */
const LEAD = 100;

/** Disturbs a server, and looks whether a client that was there, and one that comes now, are served in time. */
export async function probeRobustness(url: string, test: RobustnessCase, timeLimit: number): Promise<CaseResult> {
  const log = new WireLog();
  const attackers: Duplex[] = [];
  const echo = async (connection: TestConnection, who: string): Promise<string> => {
    const { verdict, closeVerdict, text } = await runCase(ECHO, connection, log, { isClient: true, timeLimit });
    return verdict === 'OK' && closeVerdict === 'OK' ? '' : `${who}: ${text}`;
  };
  const open = async (): Promise<TestConnection> => {
    const { transport, head } = await openHandshake(url, undefined);
    return new TestConnection(transport, head, true, log);
  };
  let phase = 'Before the attack, a client';
  try {
    const bystander = await open();
    phase = 'The attacker';
    const isPossible = await begin(url, test.attack, attackers, log);
    if (!isPossible) {
      bystander.destroy();
      return resultOf(test, 'UNIMPLEMENTED', 'The agent did not accept permessage-deflate', log);
    }
    await wait(Math.max(LEAD, test.attack.cutAfter ?? 0));
    let wrong = await echo(bystander, 'The client that was there');
    phase = 'The client that came afterwards';
    wrong ||= await echo(await open(), phase);
    return resultOf(test, wrong === '' ? 'OK' : 'FAILED', wrong, log);
  } catch (error) {
    return resultOf(test, 'FAILED', `${phase} was not served: ${(error as Error).message}`, log);
  } finally {
    for (const attacker of attackers) attacker.destroy();
  }
}

/** Returns whether the attack can be. */
async function begin(url: string, attack: Attack, attackers: Duplex[], log: WireLog): Promise<boolean> {
  const { connections, opens, deflate = false, send, cutAfter } = attack;
  const parts = send().map((part) => (typeof part === 'string' ? addressed(part, url) : part));
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  log.add('tester', `${connections} attackers send ${length} octets each`);
  for (let count = 0; count < connections; count++) {
    const attacker = opens ? await opened(url, deflate) : connect(url);
    if (attacker === null) return false;
    attackers.push(attacker);
    // It reads nothing, so a server that answers has nowhere to put it.
    attacker.pause();
    attacker.on('error', () => {});
    for (const part of parts) attacker.write(part);
    if (cutAfter !== undefined) {
      setTimeout(
        () => ('resetAndDestroy' in attacker ? (attacker.resetAndDestroy as () => void)() : attacker.destroy()),
        cutAfter,
      );
    }
  }
  return true;
}

async function opened(url: string, deflate: boolean): Promise<Duplex | null> {
  const { transport, extensions } = await openHandshake(url, deflate ? 'permessage-deflate' : undefined);
  if (!deflate || extensions !== undefined) return transport;
  transport.destroy();
  return null;
}
