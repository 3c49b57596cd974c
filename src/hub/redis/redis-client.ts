import { hubOption } from '../../shared/option-validation.ts';

/** A client of `createClient()` of `redis`. */
export interface NodeRedisClient {
  sendCommand(args: string[]): Promise<unknown>;
  duplicate(overrides?: object): unknown;
}

/** A client of `createCluster()` of `redis`. */
export interface NodeRedisCluster {
  readonly nodeByAddress: unknown;
  sendCommand(firstKey: string, isReadonly: boolean, args: string[]): Promise<unknown>;
  duplicate(overrides?: object): unknown;
}

/** A client of `createSentinel()` of `redis`. */
export interface NodeRedisSentinel {
  getMasterNode(): unknown;
  sendCommand(isReadonly: boolean, args: string[]): Promise<unknown>;
  duplicate(overrides?: object): unknown;
}

/** A client of `ioredis`: `Redis` or `Cluster`. */
export interface IoRedisClient {
  readonly isCluster: boolean;
  readonly status: string;
  call(command: string, ...args: string[]): Promise<unknown>;
  duplicate(...overrides: never[]): unknown;
}

/** The application's own client: of the package `redis` or `ioredis`, for one server, a cluster, or behind Sentinel. */
export type RedisClient = NodeRedisClient | NodeRedisCluster | NodeRedisSentinel | IoRedisClient;

/** Sends a command. `key` decides which server of a cluster receives it. */
export type SendCommand = (key: string, args: string[]) => Promise<unknown>;

/** Receives the messages of a channel. */
export interface ChannelListener {
  onMessage(text: string): void;
  /** The connection has failed. No message follows. */
  onFailure(error: unknown): void;
}

/**
 * Subscribes to a channel. Resolves to a function that ends the subscription, or to undefined if the client is not reliable for
 * channels. A connection with a subscription may refuse other commands.
 */
export type Subscribe = (channel: string, listener: ChannelListener) => Promise<(() => Promise<unknown>) | undefined>;

/** A connection that belongs to the log, and not to the application. */
export interface OwnConnection {
  readonly send: SendCommand;
  /** Undefined for a client with connections to several servers, because it does not report that one of them has failed. */
  readonly subscribe?: Subscribe | undefined;
  /** Rejects if the server cannot be reached. Is called once. */
  open(): Promise<unknown>;
  /** Closes the connection without waiting for anything. */
  destroy(): void;
}

/** A client of a known kind, as `duplicate()` returns it. */
interface Duplicate {
  on(event: string, listener: (...args: never[]) => void): unknown;
  off(event: string, listener: (...args: never[]) => void): unknown;
  connect(): Promise<unknown>;
  /** `listener`: of `redis`. `ioredis` emits 'message'. */
  subscribe?(channel: string, listener?: (text: string) => void): Promise<unknown>;
  unsubscribe(channel: string): Promise<unknown>;
  /** Of `redis`. */
  destroy?(): unknown;
  /** Of `ioredis`. */
  disconnect?(): unknown;
}

/** Options for a connection that the log itself replaces, and whose commands may take long. */
const IOREDIS_OPTIONS = {
  retryStrategy: () => null,
  reconnectOnError: null,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: null,
  enableOfflineQueue: true,
  commandTimeout: undefined,
  socketTimeout: undefined,
};

/** @throws TypeError unless `client` is a client of a known kind */
export function checkClient(client: RedisClient): RedisClient {
  const isIoRedis = typeof client === 'object' && client !== null && 'call' in client;
  const methods = ['duplicate', isIoRedis ? 'call' : 'sendCommand'];
  return hubOption.withMethods('client', client, methods, 'a client of the package redis or ioredis');
}

/** The message of `redis` for a command that was not sent. The message of `ioredis` does not show whether it was sent. */
const CLOSED = 'The client is closed';

/** Returns a function that sends a command with a client. The kinds of clients have different arguments. */
export function commandSender(client: RedisClient): SendCommand {
  if ('call' in client) return (_key, args) => callIoRedis(client, args);
  if ('nodeByAddress' in client) return (key, args) => client.sendCommand(key, false, args);
  if ('getMasterNode' in client) return (_key, args) => client.sendCommand(false, args);
  return (_key, args) => client.sendCommand(args);
}

/** Creates a connection to the server or the cluster of the client. */
export function ownConnection(client: RedisClient): OwnConnection {
  const own = duplicate(client) as RedisClient & Duplicate;
  // A command that fails says the same.
  own.on('error', () => {});
  const send = commandSender(own);
  const close = (): void => {
    try {
      // `redis` throws, or rejects, if it is closed already.
      Promise.resolve(own.destroy ? own.destroy() : own.disconnect!()).catch(() => {});
    } catch {}
  };
  // If `redis` closes a connection that is not open yet, the connection opens nevertheless, and stays open.
  let isConnecting = false;
  let opening: Promise<unknown> | undefined;
  own.on('connect', () => {
    isConnecting = false;
  });
  return {
    send,
    subscribe: hasOneServer(own) && own.subscribe !== undefined ? subscriber(own, send) : undefined,
    open() {
      isConnecting = !('call' in own);
      opening = own.connect();
      return opening;
    },
    destroy() {
      if (!isConnecting) close();
      // The client has yet to send its first commands.
      else if (hasOneServer(own)) own.on('connect', () => setImmediate(close));
      else opening!.then(close, close);
    },
  };
}

function hasOneServer(own: RedisClient): boolean {
  return 'call' in own ? !own.isCluster : !('nodeByAddress' in own || 'getMasterNode' in own);
}

function subscriber(own: RedisClient & Duplicate, send: SendCommand): Subscribe {
  const isIoRedis = 'call' in own;
  return async (channel, listener) => {
    // With RESP2, `redis` mistakes replies when it unsubscribes while messages arrive. Only RESP3 has a map of the connection's properties.
    if (!isIoRedis && Array.isArray(await send('', ['HELLO']))) return undefined;
    const onText = (text: string): void => listener.onMessage(text);
    const onEnd = (error?: Error): void => listener.onFailure(error);
    const listeners: Readonly<Record<string, (...args: never[]) => void>> = {
      error: onEnd,
      end: onEnd,
      ...(isIoRedis ? { message: (_channel: string, text: string): void => onText(text) } : {}),
    };
    const change = (method: 'on' | 'off'): void => {
      for (const [event, on] of Object.entries(listeners)) own[method](event, on);
    };
    change('on');
    try {
      // `ioredis` would call the function when it has subscribed.
      await (isIoRedis ? own.subscribe!(channel) : own.subscribe!(channel, onText));
    } catch (error) {
      change('off');
      throw error;
    }
    return async () => {
      await own.unsubscribe(channel);
      change('off');
    };
  };
}

function duplicate(client: RedisClient): unknown {
  if ('call' in client) {
    if (!client.isCluster) return callDuplicate(client, { ...IOREDIS_OPTIONS, lazyConnect: true });
    const options = { clusterRetryStrategy: () => null, lazyConnect: true, redisOptions: IOREDIS_OPTIONS };
    return callDuplicate(client, [], withRedisOptions(client, options));
  }
  if ('nodeByAddress' in client || 'getMasterNode' in client) return client.duplicate();
  const { socket, commandOptions } =
    (client as { options?: { socket?: object; commandOptions?: object } }).options ?? {};
  return client.duplicate({
    socket: { ...socket, reconnectStrategy: false, socketTimeout: undefined },
    // The log waits for answers itself. A signal for each command would take a third of the time of a short one.
    commandOptions: { ...commandOptions, timeout: undefined },
  });
}

function callIoRedis(client: IoRedisClient, [name, ...args]: string[]): Promise<unknown> {
  return client.status === 'end' ? Promise.reject(new Error(CLOSED)) : client.call(name!, ...args);
}

/** `duplicate()` of an ioredis Cluster merges `redisOptions` only if the client was created with this option. */
function withRedisOptions(client: IoRedisClient, options: { readonly redisOptions: object }): object {
  const own = (client as { options?: { redisOptions?: object } }).options?.redisOptions;
  return { ...options, redisOptions: { ...own, ...options.redisOptions } };
}

function callDuplicate(client: IoRedisClient, ...overrides: unknown[]): unknown {
  return client.duplicate(...(overrides as never[]));
}
