import { Hub } from 'pushwire/hub';
import { printable } from '../../terminal/printable.ts';
import { UsageError } from '../arguments/usage-error.ts';

/** A hub whose log other processes use, too. */
export interface SharedHub {
  readonly hub: Hub<string>;
  /** Ends the connection to the engine of the log. The hub must be shut down before. */
  disconnect(): Promise<void>;
}

/** Names the log in the engine: all processes of the demonstration share it, and nothing else. */
const LOG_NAME = 'pushwire-serve';

/** Milliseconds between two attempts to reach the engine again. */
const RECONNECTION_TIME = 500;

/** Milliseconds for the first connection. */
const CONNECT_TIMEOUT = 5_000;

/**
 * Connects to Redis, and makes a hub with a log there.
 *
 * @throws UsageError if the package `redis` is not installed; the error of the first connection
 */
export async function connectToRedis(url: string): Promise<SharedHub> {
  const { createClient } = await load('redis', () => import('redis'));
  const { RedisLog } = await import('pushwire/hub/redis');
  let isConnected = false;
  const reconnectStrategy = (): number | false => (isConnected ? RECONNECTION_TIME : false);
  const client = createClient({ url, socket: { reconnectStrategy } });
  // The hub reports what fails.
  client.on('error', () => {});
  await reach('Redis', client.connect()).catch((error) => {
    if (client.isOpen) client.destroy();
    throw error;
  });
  isConnected = true;
  const hub = reporting(new Hub<string>({ log: new RedisLog({ client, key: LOG_NAME }) }));
  return { hub, disconnect: async () => client.destroy() };
}

/**
 * Connects to NATS, and makes a hub with a log in JetStream there.
 *
 * @throws UsageError if the package `@nats-io/transport-node` is not installed; the error of the first connection
 */
export async function connectToNats(url: string): Promise<SharedHub> {
  const { connect } = await load('@nats-io/transport-node', () => import('@nats-io/transport-node'));
  const { JetStreamLog } = await import('pushwire/hub/nats');
  const { protocol, host, username, password } = new URL(url);
  const options = {
    servers: host,
    // The client takes neither of them from the URL.
    ...(protocol === 'tls:' ? { tls: {} } : {}),
    ...(username === '' ? {} : { user: decodeURIComponent(username), pass: decodeURIComponent(password) }),
    timeout: 2 * CONNECT_TIMEOUT,
    maxReconnectAttempts: -1,
    reconnectTimeWait: RECONNECTION_TIME,
  };
  const connection = await reach('NATS', connect(options));
  const hub = reporting(new Hub<string>({ log: new JetStreamLog({ connection, stream: LOG_NAME }) }));
  return { hub, disconnect: () => connection.close() };
}

/** Waits for the first connection. An engine may accept it and say nothing. */
async function reach<Connection>(engine: string, connecting: Promise<Connection>): Promise<Connection> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${CONNECT_TIMEOUT} ms`)), CONNECT_TIMEOUT);
  });
  try {
    return await Promise.race([connecting, silence]);
  } catch (error) {
    throw new Error(`${engine} cannot be reached: ${(error as Error).message}`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

/** Prints that the log does not answer, and that it answers again. */
function reporting(hub: Hub<string>): Hub<string> {
  hub.on('logError', ({ message }) => console.error(`The log does not answer: ${printable(message)}`));
  hub.on('logRecovered', () => console.error('The log answers again.'));
  return hub;
}

/** Loads a package that only few users of the command need, so that the others do not install it. */
async function load<Module>(name: string, importModule: () => Promise<Module>): Promise<Module> {
  try {
    return await importModule();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new UsageError(
      `The package ${name} is not installed. Run: npx -p pushwire-cli -p ${name} pushwire serve ...`,
    );
  }
}
