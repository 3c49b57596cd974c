import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { findNatsServer } from '../../support/external-programs.ts';
import { EngineProcess, freePort } from './engine-process.ts';

/** Starts a nats-server, with JetStream by default. Streams with the storage 'file' are there again when it is restarted. */
export async function startNats({ hasJetStream = true, configuration = '' } = {}): Promise<EngineProcess> {
  const program = {
    path: findNatsServer()!,
    arguments: (port: number, folder: string) => {
      const file = join(folder, 'nats.conf');
      writeFileSync(file, configuration);
      return [...(hasJetStream ? ['-js', '-sd', folder] : []), ...['-c', file, '-a', '127.0.0.1', '-p', String(port)]];
    },
    ready: /Server is ready/,
  };
  const server = new EngineProcess(program, await freePort());
  await server.start();
  return server;
}

/** Connects to a server or a proxy on a port. A connection that is lost is tried again soon, and without an end. */
export function connectNats(port: number, user?: string): Promise<NatsConnection> {
  return connect({
    ...(user === undefined ? {} : { user, pass: 'password' }),
    servers: `127.0.0.1:${port}`,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 20,
    reconnectDelayHandler: () => 20,
  });
}

/** Calls a function of JetStream. */
export async function callJetStream<T>(connection: NatsConnection, name: string, body: object = {}): Promise<T> {
  return (await connection.request(`$JS.API.${name}`, JSON.stringify(body))).json();
}
