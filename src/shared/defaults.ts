/** Every default, once. The table in the README is tested against this file. */

/** Bytes in one message. A frame that announces more fails the connection with 1009 before its payload is taken. */
export const DEFAULT_MAX_PAYLOAD: number = 16 * 1024 * 1024;

/** Fragments in one message: empty ones cost no payload, so `maxPayload` alone would not bound them. */
export const DEFAULT_MAX_FRAGMENTS: number = 131_072;

/** Chunks of a message that are held until it is whole: a message in single bytes costs far more than its bytes. */
export const DEFAULT_MAX_BUFFERED_CHUNKS: number = 1_048_576;

/** Milliseconds from `close()`, or from a Close frame received, to the end of the transport by force. */
export const DEFAULT_CLOSE_TIMEOUT: number = 30_000;

/** Milliseconds for an opening handshake: that a client waits for the answer, and a server for the request. */
export const DEFAULT_HANDSHAKE_TIMEOUT: number = 10_000;

/** Milliseconds that `shutdown()` gives the peers to close. */
export const DEFAULT_SHUTDOWN_TIMEOUT: number = 10_000;

/** Redirects that a client follows, if it is asked to follow any. */
export const DEFAULT_MAX_REDIRECTS: number = 10;

/** Connections of a server; 0 for no limit. */
export const DEFAULT_MAX_CONNECTIONS: number = 0;

/** Bytes queued for a peer that does not read: past it, the next message ends the connection instead of being queued. */
export const DEFAULT_MAX_BACKPRESSURE: number = 16 * 1024 * 1024;

/** Bytes of all messages together that a server has begun to receive. */
export const DEFAULT_MAX_RECEIVE_MEMORY: number = 256 * 1024 * 1024;

/** Milliseconds of silence after which a server sends a ping. Intermediaries often end what is silent for a minute. */
export const DEFAULT_HEARTBEAT_INTERVAL: number = 30_000;

/** The same for a client; 0 for never. */
export const DEFAULT_CLIENT_HEARTBEAT_INTERVAL: number = 0;

/** Milliseconds without a byte after that ping, after which the peer is taken for dead. */
export const DEFAULT_HEARTBEAT_TIMEOUT: number = 30_000;

/** Milliseconds without a byte of a message that has begun. */
export const DEFAULT_MESSAGE_TIMEOUT: number = 60_000;

/** Bytes: without context takeover, smaller messages gain nothing from compression. */
export const DEFAULT_COMPRESSION_THRESHOLD: number = 1024;

/** Large messages that zlib's threads work on at once: there are four threads by default, and each job takes memory. */
export const DEFAULT_CONCURRENCY_LIMIT: number = 10;

/** Milliseconds without an event after which an event stream gets a comment, so that no intermediary ends it. */
export const DEFAULT_EVENT_STREAM_HEARTBEAT: number = 15_000;

/** Bytes of one event, or of one line, that a parser of event streams takes. */
export const DEFAULT_MAX_EVENT_SIZE: number = 16 * 1024 * 1024;

/** Bytes of events queued for a client that does not read its event stream: past it, `onBackpressure` decides. */
export const DEFAULT_EVENT_STREAM_MAX_BACKPRESSURE: number = 16 * 1024 * 1024;

/** Milliseconds before an EventSource opens a lost connection again, as long as the server has not said another time. */
export const DEFAULT_RECONNECTION_TIME: number = 3_000;

/** Milliseconds that this grows to while attempts fail. */
export const DEFAULT_MAX_RECONNECTION_DELAY: number = 60_000;

/** Milliseconds without a byte after which an EventSource reconnects; 0 for never. */
export const DEFAULT_READ_TIMEOUT: number = 0;

/** Events that a channel keeps for clients that reconnect. */
export const DEFAULT_HISTORY_COUNT: number = 1000;

/** Bytes of those, as they are sent, in a chunk each. */
export const DEFAULT_HISTORY_BYTES: number = 4 * 1024 * 1024;

/** Milliseconds that they are kept. */
export const DEFAULT_HISTORY_AGE: number = 300_000;
