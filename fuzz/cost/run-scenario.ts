import { setMaxListeners } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { EndpointChild } from './endpoint-child.ts';
import type { Report } from './endpoint-process.ts';
import { LoopMeter } from './loop-meter.ts';
import { nothingSeen, type Observation, type Sample } from './observation.ts';
import { Bystander } from './peers/bystander.ts';
import { HostileServer, hostileClients } from './peers/peers.ts';
import { isCounted, isFree } from './properties.ts';
import type { Scenario } from './scenario.ts';

/** Milliseconds: the longest attack, and the time between two reports. */
const LONGEST_ATTACK = 6_000;
const BETWEEN_REPORTS = 250;

/**
 * Milliseconds: the time to free everything after an attack. It begins anew while the endpoint still works on what it received:
 * then its count changes. It ends after the longest time.
 */
const TO_BE_FREED = 5_000;
const LONGEST_WORK = 30_000;

const meter = new LoopMeter();

/** Attacks an endpoint in a new process. */
export async function runScenario(scenario: Scenario, packageUrl: string): Promise<Observation> {
  const child = new EndpointChild();
  const observation = nothingSeen();
  let failure: unknown = null;
  try {
    await attack(scenario, packageUrl, child, observation);
  } catch (error) {
    failure = error;
  }
  await child.stop();
  observation.died = child.died;
  if (failure !== null && child.died === null) throw failure;
  return observation;
}

async function attack(
  scenario: Scenario,
  packageUrl: string,
  child: EndpointChild,
  observation: Observation,
): Promise<void> {
  const over = new AbortController();
  // Each peer adds listeners to the signal.
  setMaxListeners(0, over.signal);
  const server = new HostileServer(scenario, over.signal);
  const { port, echoPort } = await child.prepare(scenario, packageUrl, await server.listen());
  const bystander = await Bystander.connect(scenario, echoPort ?? port);
  await bystander.echo(meter);
  await bystander.echo(meter);
  const before = await child.report();

  const attackers = port === 0 ? server.peers() : null;
  await child.start();
  const peers = attackers ?? hostileClients(scenario, port, over.signal);
  try {
    await observe(peers.done, child, bystander, before, observation);
    over.abort();
    if ('stays' in scenario && scenario.stays) {
      observation.notEnded = (await until(child, before, ({ open }) => open === 0)).open;
    }
  } finally {
    over.abort();
    peers.leave();
    server.peers().leave();
  }
  await child.end();
  observation.after = await until(child, before, isFree);
  bystander.leave();
}

/** Requests reports and echoes until the attack is over. */
async function observe(
  done: Promise<unknown>,
  child: EndpointChild,
  bystander: Bystander,
  before: Report,
  observation: Observation,
): Promise<void> {
  const end = performance.now() + LONGEST_ATTACK;
  let isDone = false;
  const finish = (): void => {
    isDone = true;
  };
  done.then(finish, finish);
  let isLast = false;
  let isBusy = true;
  while (!isLast) {
    // The last round runs after everything has been sent.
    isLast = (isDone && !isBusy) || performance.now() > end;
    const pause = performance.now() + BETWEEN_REPORTS;
    do {
      const took = await bystander.echo(meter);
      if (took === null || observation.longestEcho === null) observation.longestEcho = null;
      else observation.longestEcho = Math.max(observation.longestEcho, took);
      await wait(10);
    } while (performance.now() < pause && !(isDone && !isBusy));
    const report = await child.report();
    observation.longestStall = Math.max(observation.longestStall, report.stall);
    isBusy = report.busy;
    let sample = since(before, report);
    // A message that was delivered a moment ago is not held by pushwire any more, but maybe still by a listener.
    if (!isCounted(sample)) sample = since(before, await child.report());
    observation.samples.push(sample);
  }
}

function since(before: Report, { held, counted }: Report): Sample {
  return { held: held - before.held, counted: counted - before.counted };
}

/** Polls until `isRight` accepts what is left, or the time is over. Returns what is left. */
async function until(
  child: EndpointChild,
  before: Report,
  isRight: (left: NonNullable<Observation['after']>) => boolean,
): Promise<NonNullable<Observation['after']>> {
  const start = performance.now();
  let last = 0;
  let changedAt = start;
  for (;;) {
    const { open, held, counted, kept, handles } = await child.report();
    const now = performance.now();
    if (counted !== last) {
      last = counted;
      changedAt = now;
    }
    const left = {
      open,
      counted: counted - kept,
      held: held - before.held - 2 * kept,
      handles: without(handles, before.handles),
    };
    if (isRight(left) || now > changedAt + TO_BE_FREED || now > start + LONGEST_WORK) return left;
    await wait(50);
  }
}

/** Returns the items of the list that are not in the earlier one. */
function without(list: readonly string[], earlier: readonly string[]): string[] {
  const rest = [...earlier];
  return list.filter((name) => {
    const index = rest.indexOf(name);
    if (index === -1) return true;
    rest.splice(index, 1);
    return false;
  });
}
