import type { RequestOptions } from 'node:https';
import type { OptionValidator } from '../option-validation.ts';

/**
 * Checks the options of `https.request` for which Node.js throws too late: the error of a socket without a listener would end
 * the process. Node.js validates the other options in time.
 *
 * @param prefix what precedes the name of an option in messages
 */
export function checkRequestOptions(option: OptionValidator, options: object, prefix = ''): void {
  const { auth, servername, createConnection, checkServerIdentity, lookup } = options as RequestOptions;
  option.string(`${prefix}auth`, auth);
  option.string(`${prefix}servername`, servername);
  option.callback(`${prefix}createConnection`, createConnection);
  option.callback(`${prefix}checkServerIdentity`, checkServerIdentity);
  option.callback(`${prefix}lookup`, lookup);
}

/** Returns the options that have a value. Null means the default, but node:tls does not always treat it this way. */
export function givenOptions(options: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== null));
}
