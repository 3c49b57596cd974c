/** The address of a server under test. */
export interface ServerUrl {
  /** For a connection: without the brackets of an IPv6 address. */
  readonly hostname: string;
  readonly port: number;
  /** Whether the connection uses TLS. */
  readonly secure: boolean;
  /** The value of the Host header field. */
  readonly host: string;
  /** The request target: path and query. */
  readonly target: string;
}

const SCHEMES: Readonly<Record<string, { readonly port: number; readonly secure: boolean }>> = {
  'ws:': { port: 80, secure: false },
  'http:': { port: 80, secure: false },
  'wss:': { port: 443, secure: true },
  'https:': { port: 443, secure: true },
};

/** Parses the URL of a server under test: `ws:`, `wss:`, `http:` or `https:`. @throws Error for any other text */
export function parseServerUrl(text: string): ServerUrl {
  const scheme = SCHEMES[/^\w+:/.exec(text)?.[0].toLowerCase() ?? ''];
  // Also for "localhost:9000", where "localhost:" would be the scheme.
  if (scheme === undefined) {
    throw new Error(`The URL must begin with ws:, wss:, http: or https:; received "${text}"`);
  }
  if (!URL.canParse(text)) throw new Error(`Invalid URL: ${text}`);
  const url = new URL(text);
  // RFC 6455 §3: "Fragment identifiers are meaningless in the context of WebSocket URIs". An empty one leaves no hash.
  if (url.href.includes('#')) throw new Error(`The URL must not have a fragment; received "${text}"`);
  return {
    hostname: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? scheme.port : Number(url.port),
    secure: scheme.secure,
    host: url.host,
    target: url.pathname + url.search,
  };
}
