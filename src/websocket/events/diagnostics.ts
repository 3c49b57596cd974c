import { type Channel, channel } from 'node:diagnostics_channel';

/**
 * The channels of `node:diagnostics_channel` for all connections of the process. Without subscribers, no message is created.
 * Each message has the `socket`, a WebSocket, and the members listed here.
 */
export const diagnostics: Readonly<Record<'open' | 'close' | 'message' | 'send' | 'error' | 'backpressure', Channel>> =
  {
    /** A connection is open. */
    open: /* @__PURE__ */ channel('pushwire:websocket:open'),
    /** A connection is closed: `code`, `reason`. */
    close: /* @__PURE__ */ channel('pushwire:websocket:close'),
    /** A message was received: `length` in bytes, `isBinary`. */
    message: /* @__PURE__ */ channel('pushwire:websocket:message'),
    /** A message was passed to `send()` or `broadcast()`: `length` in bytes, `isBinary`. */
    send: /* @__PURE__ */ channel('pushwire:websocket:send'),
    /** A connection failed, or was lost: `error`, which for a limit is a LimitError with `option`, `limit` and `actual`. */
    error: /* @__PURE__ */ channel('pushwire:websocket:error'),
    /** `send()` returned false: `bufferedAmount` in bytes. */
    backpressure: /* @__PURE__ */ channel('pushwire:websocket:backpressure'),
  };

export function publishError(socket: unknown, error: Error): void {
  if (diagnostics.error.hasSubscribers) diagnostics.error.publish({ socket, error });
}
