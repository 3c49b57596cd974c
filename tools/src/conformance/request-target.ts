import type { IncomingMessage } from 'node:http';

/** The path and the query of a request. */
export interface RequestTarget {
  readonly pathname: string;
  readonly searchParams: URLSearchParams;
}

/**
 * Parses the target of a request, which a peer may have filled with anything: `//`, `*`, `http://[`. Returns null if it is not a
 * path or a URL, or if `Host` is not a host: the answer is 400.
 */
export function parseRequestTarget({ url = '', headers }: IncomingMessage): RequestTarget | null {
  // A path that starts with two slashes would name a host.
  const target = url.startsWith('/') ? `http://localhost${url}` : url;
  if (!URL.canParse(target) || !URL.canParse(`http://${headers.host ?? 'localhost'}`)) return null;
  return new URL(target);
}
