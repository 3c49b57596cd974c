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

/** Returns the options of `https.request` that may be used for another origin. An agent with a client certificate may not. */
export function anonymousOptions(options: RequestOptions): RequestOptions {
  const { agent } = options;
  const agentOptions = typeof agent === 'object' ? (agent as { options?: object }).options : undefined;
  return Object.fromEntries(
    Object.entries(options).filter(
      ([name]) => !IDENTITY_OPTIONS.includes(name) && !(name === 'agent' && hasIdentity(agentOptions)),
    ),
  );
}

function hasIdentity(options: object | undefined): boolean {
  return IDENTITY_OPTIONS.some((name) => (options as Record<string, unknown> | undefined)?.[name] !== undefined);
}
