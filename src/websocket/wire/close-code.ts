/** The close codes of RFC 6455 §7.4.1, and of the registry that §11.7 created (1012 to 1014 were registered later). */
export const CloseCode = {
  NORMAL_CLOSURE: 1000,
  GOING_AWAY: 1001,
  PROTOCOL_ERROR: 1002,
  UNSUPPORTED_DATA: 1003,
  /** For the API only, never sent: the peer sent a Close frame without a code. */
  NO_STATUS_RECEIVED: 1005,
  /** For the API only, never sent: the connection ended without a Close frame. */
  ABNORMAL_CLOSURE: 1006,
  INVALID_PAYLOAD_DATA: 1007,
  POLICY_VIOLATION: 1008,
  MESSAGE_TOO_BIG: 1009,
  MANDATORY_EXTENSION: 1010,
  INTERNAL_ERROR: 1011,
  SERVICE_RESTART: 1012,
  TRY_AGAIN_LATER: 1013,
  BAD_GATEWAY: 1014,
  /** For the API only, never sent: the TLS handshake failed. */
  TLS_HANDSHAKE: 1015,
} as const;
/** One of the values of `CloseCode`. */
export type CloseCode = (typeof CloseCode)[keyof typeof CloseCode];

/**
 * Whether a Close frame may carry this code: 1000-1003, 1007-1014, 3000-4999.
 *
 * RFC 6455 §7.4.1: 1004 is reserved; 1005, 1006 and 1015 "MUST NOT be set as a status code in a Close control frame";
 * §7.4.2: 0-999 are not used, 1000-2999 are for the protocol, 3000-3999 are registered, 4000-4999 are private.
 */
export function isSendableCloseCode(code: number): boolean {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

/**
 * The payload of a Close frame (§5.5.1): the code and a reason of at most 123 bytes in UTF-8. It is empty for 1005.
 *
 * @internal
 */
export function closePayload(code: number, reason = ''): Uint8Array {
  if (code === CloseCode.NO_STATUS_RECEIVED) return new Uint8Array(0);
  const payload = Buffer.allocUnsafe(2 + Buffer.byteLength(reason));
  payload.writeUInt16BE(code);
  payload.write(reason, 2);
  return payload;
}
