import { describe, expect, it, onTestFinished } from 'vitest';
import { findNatsServer, findRedis } from '../../support/external-programs.ts';
import { isDue, isFullRun } from '../../support/full-run.ts';
import type { EngineProcess } from '../engines/engine-process.ts';
import { startNats } from '../engines/nats-server.ts';
import { startRedis } from '../engines/redis-server.ts';
import {
  type RedundantEngine,
  startNatsCluster,
  startRedisCluster,
  startSentinel,
} from '../engines/redundant-engines.ts';
import { HubProcess } from './hub-processes.ts';
import { type Access, openLog } from './open-log.ts';
import { RecordedLog } from './recorded-log.ts';
import { RecordingClient } from './recording-client.ts';

const TOPICS = ['orders/1', 'orders/2', 'users/1', 'users/2'];
const PROCESSES = 3;

interface EngineKind {
  readonly name: Access;
  readonly isMissing: boolean;
  start(keepsData: boolean): Promise<EngineProcess>;
}

const ENGINES: readonly EngineKind[] = [
  {
    name: 'redis',
    isMissing: findRedis() === null,
    start: (keepsData) => startRedis({ appendOnly: keepsData }),
  },
  {
    name: 'nats',
    isMissing: findNatsServer() === null,
    start: () => startNats(),
  },
];

interface Ended {
  end(): Promise<void>;
}

/** An engine, processes with a hub, clients that come back to any of them, and a record of the log. */
class Scene<Engine extends Ended> {
  readonly engine: Engine;
  readonly record = new RecordedLog();
  hubs: HubProcess[] = [];
  clients: RecordingClient[] = [];
  #closeLog: () => Promise<void> = async () => {};

  private constructor(engine: Engine) {
    this.engine = engine;
  }

  static async start(kind: EngineKind, keepsData: boolean, clients: number): Promise<Scene<EngineProcess>> {
    const engine = await kind.start(keepsData);
    return Scene.open(engine, kind.name, [engine.port], keepsData, clients);
  }

  static async open<Engine extends Ended>(
    engine: Engine,
    access: Access,
    ports: readonly number[],
    keepsData: boolean,
    clients: number,
  ): Promise<Scene<Engine>> {
    const scene = new Scene(engine);
    onTestFinished(() => scene.#end());
    const { log, close } = await openLog(access, ports, keepsData);
    log.tail(scene.record);
    scene.#closeLog = async () => {
      await log.close();
      await close();
    };
    scene.hubs = await Promise.all(Array.from({ length: PROCESSES }, () => HubProcess.start(access, ports, keepsData)));
    await scene.until(() => scene.record.interruptions >= 0);
    for (let index = 0; index < clients; index++) {
      const topics = TOPICS.filter((_, topic) => topic === index % TOPICS.length || topic % 3 === index % 3);
      scene.clients.push(
        new RecordingClient(index % 2 === 0 ? 'event stream' : 'WebSocket', topics, () => scene.ports),
      );
    }
    return scene;
  }

  get ports(): number[] {
    return this.hubs.filter(({ isRunning }) => isRunning).map(({ port }) => port);
  }

  publish(perSecond: number): void {
    for (const [index, hub] of this.hubs.entries()) {
      hub.send({ publish: TOPICS, perSecond: perSecond / PROCESSES, name: `p${index}` });
    }
  }

  /** Waits for a condition that the processes and clients bring about. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10));
  }

  /** Breaks connections at random until a condition holds. */
  async disturbUntil(condition: () => boolean): Promise<void> {
    await this.until(() => {
      for (const client of this.clients) if (Math.random() < 0.01) client.disconnect();
      return condition();
    });
  }

  /** Stops publishing, and waits until all clients have received everything. Then nothing may be missing or repeated. */
  async check(): Promise<void> {
    const running = this.hubs.filter(({ isRunning }) => isRunning);
    await Promise.all(running.map((hub) => hub.stop()));
    await this.until(() => this.clients.every((client) => this.record.isComplete(client)));
    for (const client of this.clients) expect(this.record.faultsOf(client)).toEqual([]);
    for (const hub of this.hubs) expect(hub.refused).toEqual([]);
  }

  /** No id stands for two events. */
  checkIds(): string[] {
    const ids = this.hubs.flatMap(({ confirmed }) => [...confirmed.values()]);
    expect(new Set(ids).size).toBe(ids.length);
    return ids;
  }

  /** Each confirmed event is in the log once. */
  checkConfirmed(): void {
    const ids = this.checkIds();
    expect(ids.filter((id) => !this.record.has(id))).toEqual([]);
    expect(this.record.length).toBe(ids.length);
  }

  async #end(): Promise<void> {
    for (const client of this.clients) client.close();
    await Promise.all(this.hubs.map((hub) => hub.kill()));
    await this.#closeLog();
    await this.engine.end();
  }
}

const INSTALLED = ENGINES.filter(({ isMissing }) => !isMissing);

describe.each(INSTALLED)('three processes with a hub on $name', (kind) => {
  // For the clients, all engines are the same: `npm test` has one of them, and the full run each.
  const isCommon = !isFullRun && kind === INSTALLED[0];
  it.runIf(isCommon || isDue(`processes with a hub on ${kind.name}`))(
    'send each client every event of its topics once and in order, although connections break',
    async () => {
      const [clients, events] = isFullRun ? [40, 300] : [20, 150];
      const scene = await Scene.start(kind, false, clients);
      scene.publish(300);
      await scene.disturbUntil(() => scene.record.length >= events);
      await scene.check();
      scene.checkConfirmed();
      expect(scene.record.interruptions).toBe(0);
      expect(scene.clients.reduce((sum, { received }) => sum + received.length, 0)).toBeGreaterThan(events);
    },
  );

  // What each log does in these cases, its own specs check.
  const whenDue = it.runIf(isDue(`faults of ${kind.name}`));

  whenDue('lose nothing when one of them is killed: its clients come back to the others', async () => {
    const scene = await Scene.start(kind, false, 40);
    scene.publish(300);
    await scene.until(() => scene.record.length >= 150);
    await scene.hubs[0]!.kill();
    await scene.until(() => scene.record.length >= 350);
    await scene.check();
    for (const client of scene.clients) expect(client.received.filter(({ isReset }) => isReset)).toEqual([]);
  });

  whenDue.each([true, false])(
    'send a reset rather than leave a gap when the engine is killed (its data is kept: %s)',
    async (keepsData) => {
      const scene = await Scene.start(kind, keepsData, 30);
      scene.publish(300);
      await scene.until(() => scene.record.length >= 150);
      await scene.engine.kill();
      await scene.engine.start();
      const before = scene.record.length;
      await scene.until(() => scene.record.length >= before + 150);
      await scene.check();
      scene.checkIds();
    },
  );

  whenDue('continue without a reset when the engine was stalled for ten seconds', async () => {
    const scene = await Scene.start(kind, false, 30);
    scene.publish(300);
    await scene.until(() => scene.record.length >= 100);
    scene.engine.stall();
    await new Promise((resolve) => setTimeout(resolve, 10_000));
    scene.engine.resume();
    const before = scene.record.length;
    await scene.until(() => scene.record.length >= before + 300);
    await scene.check();
    scene.checkConfirmed();
    expect(scene.record.errors).toBe(1);
    expect(scene.record.interruptions).toBe(0);
  });

  it.runIf(isDue(`hub on ${kind.name}`))(
    'serve 2,000 clients for a minute, at 500 events a second',
    { timeout: 480_000 },
    async () => {
      const scene = await Scene.start(kind, false, 2000);
      scene.publish(500);
      const end = performance.now() + 60_000;
      await scene.disturbUntil(() => performance.now() >= end);
      await scene.check();
      scene.checkConfirmed();
    },
  );
});

interface RedundantKind {
  readonly access: Access;
  readonly isMissing: boolean;
  start(): Promise<RedundantEngine>;
  /** Whether it confirms only what outlives its leader. */
  readonly losesNothing: boolean;
}

const REDUNDANT: readonly RedundantKind[] = [
  { access: 'Sentinel with redis', isMissing: findRedis() === null, start: startSentinel, losesNothing: false },
  { access: 'Sentinel with ioredis', isMissing: findRedis() === null, start: startSentinel, losesNothing: false },
  { access: 'cluster with redis', isMissing: findRedis() === null, start: startRedisCluster, losesNothing: false },
  { access: 'cluster with ioredis', isMissing: findRedis() === null, start: startRedisCluster, losesNothing: false },
  { access: 'cluster of nats', isMissing: findNatsServer() === null, start: startNatsCluster, losesNothing: true },
];

for (const { access, isMissing, start, losesNothing } of REDUNDANT) {
  const outcome = losesNothing ? 'lose nothing' : 'send a reset rather than leave a gap';
  it.runIf(!isMissing && isDue(`failover of ${access}`))(
    `three processes with a hub (${access}) ${outcome} when the leader is killed`,
    { timeout: 120_000 },
    async () => {
      const engine = await start();
      const scene = await Scene.open(engine, access, engine.ports, true, 30);
      scene.publish(300);
      await scene.until(() => scene.record.length >= 150);
      await engine.stopReplication?.();
      const replicated = scene.record.length;
      await scene.until(() => scene.record.length >= replicated + 50);
      await (await engine.leader()).kill();
      const before = scene.record.length;
      await scene.until(() => scene.record.length >= before + 150);
      await scene.check();
      scene.checkIds();
      if (losesNothing) scene.checkConfirmed();
      expect(scene.record.interruptions).toBe(losesNothing ? 0 : 1);
    },
  );
  it.runIf(!isMissing && isDue(`stalled leader of ${access}`))(
    `three processes with a hub (${access}) have no gap without a reset when the leader is stalled until another has taken over`,
    { timeout: 120_000 },
    async () => {
      const engine = await start();
      const scene = await Scene.open(engine, access, engine.ports, true, 30);
      scene.publish(300);
      await scene.until(() => scene.record.length >= 150);
      const leader = await engine.leader();
      leader.stall();
      const before = scene.record.length;
      await scene.until(() => scene.record.length >= before + 150);
      leader.resume();
      const after = scene.record.length;
      await scene.until(() => scene.record.length >= after + 600);
      await scene.check();
      scene.checkIds();
      if (losesNothing) scene.checkConfirmed();
    },
  );
}
