/**
 * The default of every option that is a number. A spec compares the table in docs/limits.md with this file, and fails if a
 * default is defined elsewhere.
 */

/** Bytes in one message, after decompression. A longer one fails the connection with 1009 before its payload is read. */
export const DEFAULT_MAX_PAYLOAD: number = 16 * 1024 * 1024;

/** Fragments in one message. Empty fragments add no payload, so `maxPayload` does not bound their number. */
export const DEFAULT_MAX_FRAGMENTS: number = 16_384;

/** Chunks in which one message may arrive. A message that arrives byte by byte takes far more time than its payload. */
export const DEFAULT_MAX_BUFFERED_CHUNKS: number = 262_144;

/** Milliseconds from the start of the closing handshake until the transport is destroyed. */
export const DEFAULT_CLOSE_TIMEOUT: number = 30_000;

/** Milliseconds for an opening handshake: a client waits this long for the response, a server for the request. */
export const DEFAULT_HANDSHAKE_TIMEOUT: number = 10_000;

/** Milliseconds that `shutdown()` waits for the peers to close. */
export const DEFAULT_SHUTDOWN_TIMEOUT: number = 10_000;

/** Redirects that a client follows if `followRedirects` is set. */
export const DEFAULT_MAX_REDIRECTS: number = 10;

/** Connections of a server, including clients that wait for a decision of the application; 0 for no limit. */
export const DEFAULT_MAX_CONNECTIONS: number = 0;

/** Memory in bytes of the data queued for a peer that does not read. Beyond it, the next message terminates the connection. */
export const DEFAULT_MAX_BACKPRESSURE: number = 16 * 1024 * 1024;

/** Memory in bytes of received data that a server has not delivered: unfinished messages, input held by `pause()`. */
export const DEFAULT_MAX_RECEIVE_MEMORY: number = 256 * 1024 * 1024;

/** Milliseconds of silence after which a server sends a ping. Intermediaries often end connections after an idle minute. */
export const DEFAULT_HEARTBEAT_INTERVAL: number = 30_000;

/** Milliseconds of silence after which a client sends a ping; 0 for never. */
export const DEFAULT_CLIENT_HEARTBEAT_INTERVAL: number = 0;

/** Milliseconds of silence after that ping until the connection is terminated. */
export const DEFAULT_HEARTBEAT_TIMEOUT: number = 30_000;

/** Milliseconds of silence within an unfinished message. */
export const DEFAULT_MESSAGE_TIMEOUT: number = 60_000;

/** Bytes: without context takeover, shorter messages are not compressed, because they would hardly shrink. */
export const DEFAULT_COMPRESSION_THRESHOLD: number = 1024;

/** Large messages that zlib's threads process at the same time: libuv has four threads, and each job needs memory. */
export const DEFAULT_CONCURRENCY_LIMIT: number = 10;

/** Milliseconds without an event until an event stream sends a comment, so that no intermediary ends it. */
export const DEFAULT_EVENT_STREAM_HEARTBEAT: number = 15_000;

/** Bytes of one line, and of one event with its type and last event ID, that a parser of event streams accepts. */
export const DEFAULT_MAX_EVENT_SIZE: number = 16 * 1024 * 1024;

/** Memory in bytes of the events queued for a client that does not read its event stream. */
export const DEFAULT_EVENT_STREAM_MAX_BACKPRESSURE: number = 16 * 1024 * 1024;

/** Milliseconds for which the client of an event stream may read nothing while data waits for it. */
export const DEFAULT_WRITE_TIMEOUT: number = 60_000;

/** Milliseconds for the rest of an event stream after `close()`. */
export const DEFAULT_EVENT_STREAM_CLOSE_TIMEOUT: number = 30_000;

/** Milliseconds until an EventSource reconnects, unless the server sends another reconnection time. */
export const DEFAULT_RECONNECTION_TIME: number = 3_000;

/** The longest delay in milliseconds: it grows while attempts fail. */
export const DEFAULT_MAX_RECONNECTION_DELAY: number = 60_000;

/** Milliseconds of silence after which an EventSource reconnects; 0 for never. */
export const DEFAULT_READ_TIMEOUT: number = 0;

/** Streams in a channel; 0 for no limit. */
export const DEFAULT_MAX_STREAMS: number = 0;

/** Events that a channel keeps for clients that reconnect. */
export const DEFAULT_HISTORY_COUNT: number = 1000;

/** Bytes of memory that hold the events that a channel keeps. */
export const DEFAULT_HISTORY_BYTES: number = 4 * 1024 * 1024;

/** Milliseconds for which a channel keeps an event. */
export const DEFAULT_HISTORY_AGE: number = 300_000;

/** Events that a hub keeps in memory for clients that were away for a short while. */
export const DEFAULT_RECENT_COUNT: number = 10_000;

/** Bytes of memory that hold these events and their encodings. */
export const DEFAULT_RECENT_BYTES: number = 32 * 1024 * 1024;

/** Milliseconds for which a hub keeps these events. */
export const DEFAULT_RECENT_AGE: number = 300_000;

/** Events that a MemoryLog keeps. */
export const DEFAULT_MEMORY_LOG_COUNT: number = 10_000;

/** Bytes of memory that hold the events of a MemoryLog. */
export const DEFAULT_MEMORY_LOG_BYTES: number = 32 * 1024 * 1024;

/** Milliseconds for which a MemoryLog keeps an event. */
export const DEFAULT_MEMORY_LOG_AGE: number = 3_600_000;

/** Bytes of JSON text in an event of a hub. NATS refuses messages of more than 1 MiB, headers included. */
export const DEFAULT_MAX_EVENT_BYTES: number = 512 * 1024;

/** Bytes of memory that hold events that were published and that the log has not confirmed. */
export const DEFAULT_MAX_UNCONFIRMED_BYTES: number = 16 * 1024 * 1024;

/** Milliseconds until the log must have confirmed an event. */
export const DEFAULT_PUBLISH_TIMEOUT: number = 30_000;

/** Topic filters of one subscriber. */
export const DEFAULT_MAX_TOPICS: number = 100;

/** Milliseconds for which the application may decide which topics a client of a hub may have. */
export const DEFAULT_AUTHORIZE_TIMEOUT: number = 10_000;

/** Milliseconds between two records of the numbers of subscribers in the log's engine; 0 for none. */
export const DEFAULT_PRESENCE_INTERVAL: number = 0;

/** Milliseconds over which a hub that shuts down spreads the end of its connections. */
export const DEFAULT_SHUTDOWN_SPREAD: number = 0;

/** Events that a RedisLog keeps. Redis removes them in groups, so there may be a few more. */
export const DEFAULT_REDIS_MAX_LENGTH: number = 100_000;

/** Idempotency keys that a RedisLog remembers. */
export const DEFAULT_REDIS_IDEMPOTENCY_KEYS: number = 10_000;

/** Events that the stream of a JetStreamLog keeps. */
export const DEFAULT_JETSTREAM_MAX_LENGTH: number = 100_000;

/** Milliseconds for which the server remembers an idempotency key of a JetStreamLog. */
export const DEFAULT_JETSTREAM_DUPLICATE_WINDOW: number = 120_000;

/** Milliseconds until a request of a JetStreamLog without an answer is rejected. */
export const DEFAULT_JETSTREAM_TIMEOUT: number = 5_000;
