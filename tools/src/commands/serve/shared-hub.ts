import { Hub } from 'pushwire/hub';
import { UsageError } from '../arguments/usage-error.ts';

/** A hub whose log other processes use, too. */
export interface SharedHub {
  readonly hub: Hub<string>;
  /** Ends the connection to the engine of the log. The hub must be shut down before. */
  disconnect(): Promise<void>;
}

/** Names the log in the engine: all processes of the demonstration share it, and nothing else. */
const LOG_NAME = 'pushwire-serve';

/** Milliseconds between two attempts to reach Redis again. */
const RECONNECTION_TIME = 500;

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
  await client.connect();
  isConnected = true;
  const hub = new Hub<string>({ log: new RedisLog({ client, key: LOG_NAME }) });
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
  const connection = await connect({ servers: url, maxReconnectAttempts: -1, reconnectTimeWait: RECONNECTION_TIME });
  const hub = new Hub<string>({ log: new JetStreamLog({ connection, stream: LOG_NAME }) });
  return { hub, disconnect: () => connection.close() };
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
