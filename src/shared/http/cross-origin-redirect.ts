import type { Agent } from 'node:http';
import type { RequestOptions } from 'node:https';

/** The redirect statuses, Fetch §2.2.6. */
export const REDIRECT_STATUSES: readonly number[] = [301, 302, 303, 307, 308];

/**
 * The header fields of an application that a redirect to another origin keeps. Any other field may identify the caller: many
 * services have a field of their own for a key or a token.
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

/** The options of `https.request` that identify the caller, or that are for the name of one server. */
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

/**
 * An agent adds its own options to those of each request. If some of them identify the caller, this returns an agent that differs in
 * nothing else: its class, its sockets and its way to connect are those of the given one.
 */
function anonymousAgent(agent: Agent): Agent {
  const options = (agent as { options?: object }).options ?? {};
  const entries = Object.entries(options);
  if (entries.every(isAnonymous)) return agent;
  const value = Object.fromEntries(entries.filter(isAnonymous));
  return Object.create(agent, { options: { value, writable: true, configurable: true, enumerable: true } }) as Agent;
}
