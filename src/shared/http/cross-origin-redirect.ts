import { Agent } from 'node:http';
import type { RequestOptions } from 'node:https';
import type { Duplex } from 'node:stream';

/** The redirect statuses, Fetch §2.2.6. */
export const REDIRECT_STATUSES: readonly number[] = [301, 302, 303, 307, 308];

/**
 * The header fields of an application that a redirect to another origin keeps. Any other field may identify the caller, because
 * many services use their own fields for keys and tokens.
 */
const ANONYMOUS_FIELDS: readonly string[] = [
  'accept',
  'accept-encoding',
  'accept-language',
  'cache-control',
  'content-language',
  'content-length',
  'content-type',
  'last-event-id',
  'pragma',
  'user-agent',
];

/** The options of `https.request` that identify the caller, or that apply to one server name. */
const IDENTITY_OPTIONS: readonly string[] = [
  'auth',
  'cert',
  'clientCertEngine',
  'key',
  'passphrase',
  'pfx',
  'privateKeyEngine',
  'privateKeyIdentifier',
  'pskCallback',
  'secureContext',
  'servername',
  'session',
  'ticketKeys',
];

/** Returns the header fields that may go to another origin. The names may have any case. */
export function anonymousHeaders<Value>(headers: Readonly<Record<string, Value>>): Record<string, Value> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => ANONYMOUS_FIELDS.includes(name.toLowerCase())));
}

/**
 * Returns the options of `https.request` that may be used for another origin: those that do not identify the caller. The agent stays,
 * because it may lead through a proxy or trust authorities of its own.
 */
export function anonymousOptions(options: RequestOptions): RequestOptions {
  const { agent } = options;
  const anonymous = Object.fromEntries(Object.entries(options).filter(isAnonymous));
  return typeof agent === 'object' ? { ...anonymous, agent: anonymousAgent(agent) } : anonymous;
}

const isAnonymous = ([name, value]: [string, unknown]): boolean =>
  value === undefined || !IDENTITY_OPTIONS.includes(name);

/** Some agents pass requests to other agents, which are among their properties. */
function anonymousAgent(agent: Agent): Agent {
  const agents: Record<string, Agent> = {};
  for (const [name, value] of Object.entries(agent)) {
    if (!(value instanceof Agent) || value === agent) continue;
    const anonymous = withoutIdentity(value);
    if (anonymous !== value) agents[name] = anonymous;
  }
  return withoutIdentity(agent, agents);
}

/**
 * An agent adds its own options to those of each request. If some of them identify the caller, this returns an agent of the same
 * class without them, which connects in the same way. The new agent has its own connections, queue and TLS sessions, because those
 * of the given agent may identify the caller. It keeps no idle connection.
 *
 * @param agents properties that are different
 */
function withoutIdentity(agent: Agent, agents: Readonly<Record<string, Agent>> = {}): Agent {
  const options = Object.entries((agent as { options?: object }).options ?? {});
  if (options.every(isAnonymous) && Object.keys(agents).length === 0) return agent;
  const state = {
    ...agents,
    options: Object.fromEntries(options.filter(isAnonymous)),
    requests: {},
    sockets: {},
    freeSockets: {},
    totalSocketCount: 0,
    keepAlive: false,
    _sessionCache: { map: {}, list: [] },
    _events: {},
    _eventsCount: 0,
  };
  const anonymous = Object.create(agent, Object.getOwnPropertyDescriptors(state)) as Agent;
  return anonymous.on('free', (socket: Duplex) => socket.destroy());
}
