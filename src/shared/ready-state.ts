/** The states of a WebSocket, WHATWG WebSockets §3.1. */
export const ReadyState = { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 } as const;
/** One of the values of `ReadyState`. */
export type ReadyState = (typeof ReadyState)[keyof typeof ReadyState];

/** The states of an EventSource, WHATWG HTML §9.2.2. There is no CLOSING, so CLOSED has a different value. */
export const EventSourceReadyState = { CONNECTING: 0, OPEN: 1, CLOSED: 2 } as const;
/** One of the values of `EventSourceReadyState`. */
export type EventSourceReadyState = (typeof EventSourceReadyState)[keyof typeof EventSourceReadyState];

/** A WebSocket's state as an error message shows it: `0 (CONNECTING)`. @internal */
export function describeReadyState(readyState: ReadyState): string {
  return `${readyState} (${Object.keys(ReadyState)[readyState]})`;
}
