import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { connect } from '@nats-io/transport-node';
import { findNatsServer, findProgramOfRedis, findRedis } from '../../support/external-programs.ts';
import { EngineProcess, freePort } from './engine-process.ts';
import { callJetStream } from './nats-server.ts';
import { redisCommand } from './redis-server.ts';
import { SENTINEL_NAME } from './sentinel-name.ts';

/** Servers of which one can fail. */
export interface RedundantEngine {
  /** The ports that clients receive. */
  readonly ports: readonly number[];
  /** What is appended from now on reaches no replica: if the leader is killed, it is lost. */
  stopReplication?(): Promise<void>;
  /** The server that accepts what is appended. */
  leader(): Promise<EngineProcess>;
  end(): Promise<void>;
}

const redisArguments = (port: number, folder: string): string[] => [
  ...['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--repl-diskless-sync-delay', '0'],
];

async function startRedisServer(...more: readonly string[]): Promise<EngineProcess> {
  const program = {
    path: findRedis()!,
    ready: /Ready to accept connections/,
    arguments: (port: number, folder: string) => [...redisArguments(port, folder), ...more],
  };
  const server = new EngineProcess(program, await freePort());
  await server.start();
  return server;
}

/** Resolves when a server says what is expected. */
async function untilRedisSays(port: number, command: readonly [string, ...string[]], expected: RegExp): Promise<void> {
  while (!expected.test(String(await redisCommand(port, ...command)))) await pause();
}

/** The replicas cannot connect again, because they give a password that the leader does not have. */
async function stopReplication(replicas: readonly number[]): Promise<void> {
  for (const port of replicas) {
    await redisCommand(port, 'CONFIG', 'SET', 'masterauth', 'wrong');
    await redisCommand(port, 'CLIENT', 'KILL', 'TYPE', 'master');
    await untilRedisSays(port, ['INFO', 'replication'], /master_link_status:down/);
  }
}

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 50));

/** Starts a server, its replica, and three processes of Redis Sentinel. */
export async function startSentinel(): Promise<RedundantEngine> {
  const leader = await startRedisServer();
  const replica = await startRedisServer('--replicaof', '127.0.0.1', String(leader.port));
  await untilRedisSays(replica.port, ['INFO', 'replication'], /master_link_status:up/);
  const program = {
    path: findRedis()!,
    ready: /\+monitor/,
    arguments: (port: number, folder: string) => {
      const file = join(folder, 'sentinel.conf');
      const lines = [
        `port ${port}`,
        'bind 127.0.0.1',
        `sentinel monitor ${SENTINEL_NAME} 127.0.0.1 ${leader.port} 2`,
        `sentinel down-after-milliseconds ${SENTINEL_NAME} 500`,
        `sentinel failover-timeout ${SENTINEL_NAME} 2000`,
      ];
      writeFileSync(file, `${lines.join('\n')}\n`);
      return [file, '--sentinel'];
    },
  };
  const sentinels: EngineProcess[] = [];
  for (let index = 0; index < 3; index++) {
    const sentinel = new EngineProcess(program, await freePort());
    await sentinel.start();
    sentinels.push(sentinel);
  }
  for (const { port } of sentinels) {
    await untilRedisSays(port, ['INFO', 'sentinel'], /status=ok,address=\S+,slaves=1,sentinels=3/);
  }
  return {
    ports: sentinels.map(({ port }) => port),
    stopReplication: () => stopReplication([replica.port]),
    leader: async () => leader,
    end: () => endAll([...sentinels, replica, leader]),
  };
}

/** Starts a cluster of three servers, each with a replica. */
export async function startRedisCluster(): Promise<RedundantEngine> {
  const servers: EngineProcess[] = [];
  for (let index = 0; index < 6; index++) {
    const busPort = String(await freePort());
    const cluster = ['--cluster-enabled', 'yes', '--cluster-port', busPort, '--cluster-node-timeout', '1000'];
    servers.push(await startRedisServer(...cluster));
  }
  const ports = servers.map(({ port }) => port);
  const nodes = ports.map((port) => `127.0.0.1:${port}`);
  const create = ['--cluster', 'create', ...nodes, '--cluster-replicas', '1', '--cluster-yes'];
  await promisify(execFile)(findProgramOfRedis('redis-cli')!, create);
  for (const port of ports) await untilRedisSays(port, ['CLUSTER', 'INFO'], /cluster_state:ok/);
  for (const port of ports.slice(3)) await untilRedisSays(port, ['INFO', 'replication'], /master_link_status:up/);
  return {
    ports,
    stopReplication: () => stopReplication(ports.slice(3)),
    async leader() {
      const slot = Number(await redisCommand(ports[0]!, 'CLUSTER', 'KEYSLOT', 'spec'));
      type Range = readonly [start: number, end: number, leader: readonly [host: string, port: number]];
      const ranges = (await redisCommand(ports[0]!, 'CLUSTER', 'SLOTS')) as Range[];
      const [, , [, port]] = ranges.find(([start, end]) => start <= slot && slot <= end)!;
      return servers.find((server) => server.port === port)!;
    },
    end: () => endAll(servers),
  };
}

/** Starts a cluster of three servers with JetStream. */
export async function startNatsCluster(): Promise<RedundantEngine> {
  const routes = await Promise.all([freePort(), freePort(), freePort()]);
  const addresses = routes.map((port) => `nats://127.0.0.1:${port}`);
  const servers: EngineProcess[] = [];
  for (const address of addresses) {
    const program = {
      path: findNatsServer()!,
      ready: /Server is ready/,
      arguments: (port: number, folder: string) => [
        ...['-js', '-sd', folder, '-a', '127.0.0.1', '-p', String(port), '-n', address],
        ...['--cluster_name', 'spec', '--cluster', address, '--routes', addresses.join()],
      ],
    };
    const server = new EngineProcess(program, await freePort());
    await server.start();
    servers.push(server);
  }
  const ports = servers.map(({ port }) => port);
  const open = () => connect({ servers: ports.map((port) => `127.0.0.1:${port}`), maxReconnectAttempts: -1 });
  const connection = await open();
  // The servers elect a leader before they answer.
  const answers = (): Promise<boolean> =>
    callJetStream<{ error?: object }>(connection, 'INFO').then(
      ({ error }) => error === undefined,
      () => false,
    );
  while (!(await answers())) await pause();
  return {
    ports,
    async leader() {
      const { cluster } = await callJetStream<{ cluster: { leader: string } }>(connection, 'STREAM.INFO.spec');
      return servers[addresses.indexOf(cluster.leader)]!;
    },
    async end() {
      await connection.close();
      await endAll(servers);
    },
  };
}

async function endAll(servers: readonly EngineProcess[]): Promise<void> {
  await Promise.all(servers.map((server) => server.end()));
}
