/** For the closing handshakes and the open requests when the server stops, in milliseconds. */
export const CLOSE_TIMEOUT = 1_000;

/** How each WebSocketServer shuts down when the server stops. */
export const SHUTDOWN_OPTIONS = { timeout: CLOSE_TIMEOUT, reason: 'The server is shutting down' } as const;
