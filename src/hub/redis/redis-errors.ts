import { type HubError, notPublished, outcomeUnknown } from '../hub-error.ts';

/** The messages with which clients say that they have not sent a command. */
const NEVER_SENT: readonly string[] = [
  // redis
  'The client is closed',
  'The client is offline',
  // ioredis
  "Stream isn't writeable and enableOfflineQueue options is false",
];

/** The start of the replies of Redis 6 and later if a user may not run a command, even in a script, or use a key. */
const TOO_FEW_RIGHTS = /^NOPERM |^ERR The user executing the script can't |^(ERR )?ACL failure in script: /;

/** A command was not sent, because the server could not be reached. */
export class NotConnectedError extends Error {
  constructor(cause: unknown) {
    super(`Redis cannot be reached: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.name = 'NotConnectedError';
  }
}

/** Whether an error says that a client has not sent a command. */
export function isNeverSent(error: unknown): boolean {
  return error instanceof NotConnectedError || (error instanceof Error && NEVER_SENT.includes(error.message));
}

/** Whether an error is the reply of a server: the message begins with a code, such as `ERR` or `READONLY`. */
export function isErrorReply(error: unknown, code = '[A-Z][A-Z0-9_]+'): boolean {
  return error instanceof Error && new RegExp(`^${code}( |$)`).test(error.message);
}

/** The error of a script, with advice if the user lacks a right: Redis does not name the missing right. */
export function withAdvice(error: unknown): unknown {
  if (!(error instanceof Error) || !TOO_FEW_RIGHTS.test(error.message)) return error;
  return new Error(`${error.message} (docs/hub.md lists the rights that a RedisLog requires)`, { cause: error });
}

/** The error for events whose script call has failed. A script that a server answers with an error has appended nothing. */
export function publishError(error: unknown): HubError {
  return isNeverSent(error) || isErrorReply(error) ? notPublished(error) : outcomeUnknown(error);
}
