import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Socket } from 'node:net';
import { createSecureContext, type SecureContext, type TLSSocket } from 'node:tls';
import { now } from '../clock.ts';
import type { Target } from './client-operations.ts';

/** When a connection got where; all are times. */
export interface Stamps {
  /** Before the first SYN. */
  start: number;
  /** TCP is connected. */
  connected: number;
  /** The TLS handshake is over; without TLS, the same as `connected`. */
  secured: number;
  /** Whether a TLS session was resumed. */
  resumed: boolean;
}

/** Connections of node:http or node:https that tell when they got where. */
export interface StampedAgent {
  readonly agent: HttpAgent;
  /** Of the last connection. */
  readonly stamps: Stamps;
}

/** @param isKept whether a connection is used again, for one request at a time */
export function stampedAgent({ url, ca, insecure = false }: Target, isKept: boolean): StampedAgent {
  const isSecure = new URL(url).protocol === 'https:';
  const options = { keepAlive: isKept, ...(isKept ? { maxSockets: 1 } : {}) };
  const agent = isSecure
    ? new HttpsAgent({ ...options, secureContext: trusting(ca), rejectUnauthorized: !insecure })
    : new HttpAgent(options);
  const stamps: Stamps = { start: 0, connected: 0, secured: 0, resumed: false };
  const create = agent.createConnection.bind(agent);
  agent.createConnection = (connection, callback) =>
    stampConnection(stamps, () => create(connection, callback) as Socket);
  return { agent, stamps };
}

const contexts = new Map<string | undefined, SecureContext>();

/** Made once, since it takes longer than a handshake. */
export function trusting(ca: string | undefined): SecureContext {
  const context = contexts.get(ca) ?? createSecureContext(ca === undefined ? {} : { ca });
  contexts.set(ca, context);
  return context;
}

/** Notes in `stamps` what becomes of the socket that `open` makes. */
export function stampConnection(stamps: Stamps, open: () => Socket): Socket {
  stamps.start = now();
  const socket = open();
  // The name has been looked up: the SYN is next.
  socket.once('lookup', () => {
    stamps.start = now();
  });
  socket.once('connect', () => {
    stamps.connected = now();
    stamps.secured = stamps.connected;
  });
  socket.once('secureConnect', () => {
    stamps.secured = now();
    stamps.resumed = (socket as TLSSocket).isSessionReused();
  });
  return socket;
}
