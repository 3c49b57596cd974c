import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/** The response on a connection of HTTP/1.1 that is not complete; null if there is none. node:http has no public name for it. */
export function responseInProgress(socket: Duplex): ServerResponse | null {
  return (socket as Duplex & { readonly _httpMessage?: ServerResponse | null })._httpMessage ?? null;
}
