import { type Channel, channel } from 'node:diagnostics_channel';

/**
 * Channels of `node:diagnostics_channel`, of all connections of the process. Nothing is made for them as long as nobody
 * subscribes. Each message has the `socket`, a WebSocket, and what stands here.
 */
export const diagnostics: Readonly<Record<'open' | 'close' | 'message' | 'send' | 'error' | 'backpressure', Channel>> =
  {
    /** A connection is open. */
    open: channel('pushwire:websocket:open'),
    /** A connection is over: `code`, `reason`. */
    close: channel('pushwire:websocket:close'),
    /** A message was received: `length` in bytes, `isBinary`. */
    message: channel('pushwire:websocket:message'),
    /** A message was given to `send()`: `length` in bytes, `isBinary`. */
    send: channel('pushwire:websocket:send'),
    /** A connection fails: `error`; for a limit, a LimitError, which has the `option`, the `limit` and the `actual` value. */
    error: channel('pushwire:websocket:error'),
    /** `send()` returns false: `bufferedAmount` in bytes. */
    backpressure: channel('pushwire:websocket:backpressure'),
  };
