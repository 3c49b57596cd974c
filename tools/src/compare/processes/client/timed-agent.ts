import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Socket } from 'node:net';
import { createSecureContext, type SecureContext, type TLSSocket } from 'node:tls';
import { now } from '../../clock.ts';
import type { Target } from '../client-operations.ts';

/** The times of the set-up of a connection. */
export interface ConnectionTimes {
  /** The first SYN is sent. */
  start: number;
  /** TCP is connected. */
  connected: number;
  /** The TLS handshake is complete. Without TLS, the same as `connected`. */
  secured: number;
  /** Whether a TLS session was resumed. */
  resumed: boolean;
}

/** An agent of node:http or node:https that measures the set-up of its connections. */
export interface TimedAgent {
  readonly agent: HttpAgent;
  /** Of the latest connection. */
  readonly times: ConnectionTimes;
}

/** @param keepAlive whether to reuse one connection for all requests */
export function timedAgent({ url, ca, insecure = false }: Target, keepAlive: boolean): TimedAgent {
  const isSecure = new URL(url).protocol === 'https:';
  const options = { keepAlive, ...(keepAlive ? { maxSockets: 1 } : {}) };
  const agent = isSecure
    ? new HttpsAgent({ ...options, secureContext: secureContextFor(ca), rejectUnauthorized: !insecure })
    : new HttpAgent(options);
  const times: ConnectionTimes = { start: 0, connected: 0, secured: 0, resumed: false };
  const create = agent.createConnection.bind(agent);
  agent.createConnection = (connection, callback) =>
    timeConnection(times, () => create(connection, callback) as Socket);
  return { agent, times };
}

const contexts = new Map<string | undefined, SecureContext>();

/** Creates a context once per CA, since that takes longer than a handshake. */
export function secureContextFor(ca: string | undefined): SecureContext {
  const context = contexts.get(ca) ?? createSecureContext(ca === undefined ? {} : { ca });
  contexts.set(ca, context);
  return context;
}

/** Records the times of the socket that `open` creates. */
export function timeConnection(times: ConnectionTimes, open: () => Socket): Socket {
  times.start = now();
  const socket = open();
  // The SYN follows the DNS lookup.
  socket.once('lookup', () => {
    times.start = now();
  });
  socket.once('connect', () => {
    times.connected = now();
    times.secured = times.connected;
  });
  socket.once('secureConnect', () => {
    times.secured = now();
    times.resumed = (socket as TLSSocket).isSessionReused();
  });
  return socket;
}
