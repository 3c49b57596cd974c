import { type HubError, notPublished, outcomeUnknown } from '../hub-error.ts';

/** The messages with which clients say that they have not sent a command. */
const NEVER_SENT: readonly string[] = [
  // redis
  'The client is closed',
  'The client is offline',
  // ioredis
  "Stream isn't writeable and enableOfflineQueue options is false",
];

/** Whether an error is the reply of a server: the message begins with a code, such as `ERR` or `READONLY`. */
export function isErrorReply(error: unknown, code = '[A-Z][A-Z0-9_]+'): boolean {
  return error instanceof Error && new RegExp(`^${code}( |$)`).test(error.message);
}

/** The error for events whose script call has failed. A script that a server answers with an error has appended nothing. */
export function publishError(error: unknown): HubError {
  const isNeverSent = error instanceof Error && NEVER_SENT.includes(error.message);
  return isNeverSent || isErrorReply(error) ? notPublished(error) : outcomeUnknown(error);
}
