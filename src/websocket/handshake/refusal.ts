/** A reason to reject an opening handshake, and the response of the server. */
export interface Refusal {
  /** A stable code. */
  readonly code: `WS_ERR_${string}`;
  /** The status code of the HTTP response. */
  readonly status: number;
  /** The header fields that this status requires. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body of the HTTP response. */
  readonly text: string;
}

/** The version of the WebSocket protocol (RFC 6455 §4.1, item 9). @internal */
export const VERSION = '13';

/**
 * The version of the last draft with a number of its own (§11.6). Its frames are the same. Some old servers require it.
 *
 * @internal
 */
export const DRAFT_VERSION = '8';

function refusal(
  code: `WS_ERR_${string}`,
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): Refusal {
  return { code, status, headers, text };
}

type RefusalName =
  | 'METHOD'
  | 'HTTP_VERSION'
  | 'HOST'
  | 'UPGRADE'
  | 'CONNECTION'
  | 'KEY'
  | 'VERSION_MISSING'
  | 'VERSION'
  | 'PROTOCOL'
  | 'EXTENSIONS'
  | 'ORIGIN'
  | 'PATH'
  | 'UNAUTHORIZED';

/** The reasons that the protocol defines (RFC 6455 §4.2.1, §4.2.2). An application may add others. */
export const Refusal: Readonly<Record<RefusalName, Refusal>> = {
  METHOD: /* @__PURE__ */ refusal('WS_ERR_INVALID_METHOD', 405, 'The method is not GET', { Allow: 'GET' }),
  HTTP_VERSION: /* @__PURE__ */ refusal('WS_ERR_INVALID_HTTP_VERSION', 400, 'The HTTP version is lower than 1.1'),
  HOST: /* @__PURE__ */ refusal('WS_ERR_INVALID_HOST', 400, 'Host is missing or duplicated'),
  UPGRADE: /* @__PURE__ */ refusal('WS_ERR_INVALID_UPGRADE', 400, 'Upgrade does not contain "websocket"'),
  CONNECTION: /* @__PURE__ */ refusal('WS_ERR_INVALID_CONNECTION', 400, 'Connection does not contain "Upgrade"'),
  KEY: /* @__PURE__ */ refusal(
    'WS_ERR_INVALID_KEY',
    400,
    'Sec-WebSocket-Key is missing, duplicated, or not 16 bytes in base64',
  ),
  VERSION_MISSING: /* @__PURE__ */ refusal(
    'WS_ERR_INVALID_VERSION',
    400,
    'Sec-WebSocket-Version is missing or duplicated',
    {
      'Sec-WebSocket-Version': VERSION,
    },
  ),
  /** RFC 7231 §6.5.15: "The server MUST send an Upgrade header field in a 426 response". */
  VERSION: /* @__PURE__ */ refusal('WS_ERR_UNSUPPORTED_VERSION', 426, 'Sec-WebSocket-Version is not 13', {
    'Sec-WebSocket-Version': VERSION,
    Upgrade: 'websocket',
  }),
  PROTOCOL: /* @__PURE__ */ refusal(
    'WS_ERR_INVALID_PROTOCOL',
    400,
    'Sec-WebSocket-Protocol is not a list of unique tokens',
  ),
  EXTENSIONS: /* @__PURE__ */ refusal('WS_ERR_INVALID_EXTENSIONS', 400, 'Sec-WebSocket-Extensions is malformed'),
  ORIGIN: /* @__PURE__ */ refusal('WS_ERR_FORBIDDEN_ORIGIN', 403, 'The origin is not allowed'),
  PATH: /* @__PURE__ */ refusal('WS_ERR_NOT_FOUND', 404, 'No WebSocket at this path'),
  UNAUTHORIZED: /* @__PURE__ */ refusal('WS_ERR_UNAUTHORIZED', 401, 'The client was not verified'),
};
