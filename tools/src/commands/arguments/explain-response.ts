/** What a client asks for. */
export type Wanted = 'WebSocket' | 'event stream';

/** What the user can do, in the options of a command. */
export interface Advice {
  readonly wanted: Wanted;
  /** After "Use", such as `--header "Authorization: ..."`. */
  readonly credentials: string;
  /** After "Use", such as `--origin ORIGIN`, for a server that rejects clients of some origins. */
  readonly origin: string;
  /** After "Use", such as `--follow to connect there`. Empty if the command follows redirects. */
  readonly redirect: string;
  /** What to do at the address of the other protocol. */
  readonly other: string;
}

/** What is known of a response. */
export interface ResponseFacts {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The beginning of the content, if it is known. */
  readonly content?: string;
}

const DROPPED = 'a proxy in front of the server does not forward the header fields Upgrade and Connection';

/** What a status says about both kinds of requests. */
const STATUS: Readonly<Record<number, string>> = {
  407: 'A proxy requires credentials.',
  429: 'The server has received too many requests from this client.',
  500: 'An error occurred in the server. Its log may contain the reason.',
  502: 'A proxy answered, because it could not connect to the server behind it.',
  503: 'The server, or the server behind a proxy, is unavailable.',
  504: 'A proxy answered, because the server behind it did not answer in time.',
};

/** What some statuses say about an opening handshake. */
const HANDSHAKE_STATUS: Readonly<Record<number, string>> = {
  400: `The server refused the opening handshake. Check the path of the URL. If the server requires a subprotocol, use --protocol NAME. Otherwise, perhaps ${DROPPED}.`,
  426: `The request arrived without the header field Upgrade. Probably ${DROPPED}.`,
};

const PLAIN = /plain HTTP request|HTTP request to an HTTPS|speaking plain HTTP/i;

/** Returns what a response means that neither opens a WebSocket nor sends an event stream, and what to do. */
export function explainResponse(response: ResponseFacts, advice: Advice): string {
  const { server } = response.headers;
  const named = server === undefined ? '' : ` The header field Server of the response is "${server}".`;
  return `${explanationOf(response, advice)}${named}`;
}

function explanationOf({ status, headers, content = '' }: ResponseFacts, advice: Advice): string {
  const { wanted } = advice;
  const { location, 'content-type': type = '', 'sec-websocket-version': versions, 'retry-after': delay } = headers;
  const [example, secure] = wanted === 'WebSocket' ? ['/ws', 'wss:'] : ['/events', 'https:'];
  const path = `Check the path of the URL, such as ${example}.`;
  if (status >= 300 && status < 400 && location !== undefined) {
    return `The server redirects to ${location}.${advice.redirect === '' ? '' : ` Use ${advice.redirect}.`}`;
  }
  if (status === 400 && PLAIN.test(content)) return `The server uses TLS. The URL must begin with ${secure}.`;
  if (wanted === 'WebSocket' && /^text\/event-stream\b/i.test(type)) return `This is an event stream. ${advice.other}`;
  if (wanted === 'event stream' && status === 426) return `The server expects a WebSocket here. ${advice.other}`;
  if (versions !== undefined && !versions.split(',').some((version) => version.trim() === '13')) {
    return `The server does not support version 13 of the protocol. It supports ${versions}.`;
  }
  if (status === 401) return `The server requires credentials. Use ${advice.credentials}.`;
  if (status === 403) {
    return `The server rejects this client. If it checks the origin, use ${advice.origin}. If it requires credentials, use ${advice.credentials}.`;
  }
  if (status === 404 || status === 405) return `The server has no ${wanted} at this path. ${path}`;
  if (status === 429 && delay !== undefined)
    return `${STATUS[429]} The header field Retry-After of the response is "${delay}".`;
  if (wanted === 'event stream' && status === 204) {
    return `The server tells clients not to reconnect. ${path} If it is correct, the server has no events for this request.`;
  }
  if (Object.hasOwn(STATUS, status)) return STATUS[status]!;
  const isPage = /^text\/html\b/i.test(type);
  if (wanted === 'event stream') return `This is ${isPage ? 'a web page' : 'no event stream'}. ${path}`;
  if (Object.hasOwn(HANDSHAKE_STATUS, status)) return HANDSHAKE_STATUS[status]!;
  const what = isPage ? 'with a web page' : 'the request as plain HTTP';
  return `The server answered ${what}. ${path} If it is correct, perhaps ${DROPPED}.`;
}
