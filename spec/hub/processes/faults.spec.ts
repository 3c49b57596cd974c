import { createClient } from 'redis';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Log } from '../../../src/hub/index.ts';
import { JetStreamLog } from '../../../src/hub/nats/index.ts';
import { RedisLog } from '../../../src/hub/redis/index.ts';
import { findNatsServer, findRedis } from '../../support/external-programs.ts';
import { isDue } from '../../support/full-run.ts';
import { connectNats, startNats } from '../engines/nats-server.ts';
import { startRedis } from '../engines/redis-server.ts';
import { HubProcess } from './hub-processes.ts';
import { RecordedLog } from './recorded-log.ts';
import { RecordingClient } from './recording-client.ts';

const TOPICS = ['orders/1', 'orders/2', 'users/1', 'users/2'];
const PROCESSES = 3;

interface Engine {
  readonly port: number;
  kill(): Promise<void>;
  start(): Promise<void>;
  stall(): void;
  resume(): void;
  end(): Promise<void>;
}

interface EngineKind {
  readonly name: string;
  readonly isMissing: boolean;
  start(keepsData: boolean): Promise<Engine>;
  openLog(port: number, keepsData: boolean): Promise<{ readonly log: Log; close(): Promise<void> }>;
}

const ENGINES: readonly EngineKind[] = [
  {
    name: 'redis',
    isMissing: findRedis() === null,
    start: (keepsData) => startRedis({ appendOnly: keepsData }),
    async openLog(port) {
      const client = createClient({ socket: { host: '127.0.0.1', port, reconnectStrategy: 50 } });
      client.on('error', () => {});
      await client.connect();
      return { log: new RedisLog({ client, key: 'spec' }), close: async () => client.destroy() };
    },
  },
  {
    name: 'nats',
    isMissing: findNatsServer() === null,
    start: () => startNats(),
    async openLog(port, keepsData) {
      const connection = await connectNats(port);
      const storage = keepsData ? 'file' : 'memory';
      return { log: new JetStreamLog({ connection, stream: 'spec', storage }), close: () => connection.close() };
    },
  },
];

/** An engine, processes with a hub, clients that come back to any of them, and a record of the log. */
class Scene {
  readonly engine: Engine;
  readonly record = new RecordedLog();
  hubs: HubProcess[] = [];
  clients: RecordingClient[] = [];
  #closeLog: () => Promise<void> = async () => {};

  private constructor(engine: Engine) {
    this.engine = engine;
  }

  static async start(kind: EngineKind, keepsData: boolean, clients: number): Promise<Scene> {
    const scene = new Scene(await kind.start(keepsData));
    onTestFinished(() => scene.#end());
    const { port } = scene.engine;
    const { log, close } = await kind.openLog(port, keepsData);
    log.tail(scene.record);
    scene.#closeLog = async () => {
      await log.close();
      await close();
    };
    scene.hubs = await Promise.all(
      Array.from({ length: PROCESSES }, () => HubProcess.start(kind.name, port, keepsData)),
    );
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

  /** Each confirmed event is in the log once. */
  checkConfirmed(): void {
    const ids = this.hubs.flatMap(({ confirmed }) => [...confirmed.values()]);
    expect(new Set(ids).size).toBe(ids.length);
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

describe.each(ENGINES.filter(({ isMissing }) => !isMissing))('three processes with a hub on $name', (kind) => {
  it('send each client every event of its topics once and in order, although connections break', async () => {
    const scene = await Scene.start(kind, false, 40);
    scene.publish(300);
    await scene.disturbUntil(() => scene.record.length >= 300);
    await scene.check();
    scene.checkConfirmed();
    expect(scene.record.interruptions).toBe(0);
    expect(scene.clients.reduce((sum, { received }) => sum + received.length, 0)).toBeGreaterThan(300);
  });

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
      const ids = scene.hubs.flatMap(({ confirmed }) => [...confirmed.values()]);
      expect(new Set(ids).size).toBe(ids.length);
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
    { timeout: 240_000 },
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
