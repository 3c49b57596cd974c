// Two clients of a hub that reconnect automatically, and continue after the last event that they have received.

/** The wait before an attempt. It doubles each time, and is random, so that not all clients reconnect at once. */
export function backoff(attempt, { first = 500, longest = 30_000 } = {}) {
  return Math.min(first * 2 ** attempt, longest) * (0.5 + Math.random() / 2);
}

/** The close code for a client that does what the server does not allow, RFC 6455 §7.4.1. */
const POLICY_VIOLATION = 1008;

/**
 * A WebSocket that reconnects. It sends its cursor, the id of the last event, as the query parameter `lastEventId`.
 *
 * @param url of the WebSocket
 * @param on functions: `state(text)`, `event({ id, topic, event, data })`
 * @param topics for a server that calls `hub.accept()`: what to subscribe to. For another server, leave it out
 * @returns `send(text)`, which returns false while there is no connection, and `close()`
 */
export function connectWebSocket(url, on, topics) {
  let lastEventId = '';
  let attempt = 0;
  let timer;
  let socket;

  function open() {
    on.state('connecting');
    const target = new URL(url, location.href);
    target.protocol = target.protocol.replace('http', 'ws');
    if (lastEventId !== '') target.searchParams.set('lastEventId', lastEventId);
    socket = new WebSocket(target);
    socket.onopen = () => {
      on.state('open');
      // All topics in one message: only those continue after the cursor.
      if (topics !== undefined) socket.send(JSON.stringify({ subscribe: topics }));
    };
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      attempt = 0;
      // "unsubscribed" has no id, and "subscribed" not always.
      if (message.id !== undefined) lastEventId = message.id;
      // A message with an id alone only moves the cursor.
      if (message.topic !== undefined || message.event === 'reset') on.event(message);
    };
    socket.onclose = ({ code }) => {
      // The client would make the same mistake again.
      if (code === POLICY_VIOLATION) return on.state('refused');
      on.state('waiting');
      timer = setTimeout(open, backoff(attempt++));
    };
  }

  open();
  return {
    send(text) {
      if (socket.readyState !== WebSocket.OPEN) return false;
      socket.send(text);
      return true;
    },
    close() {
      clearTimeout(timer);
      socket.onclose = null;
      socket.close();
    },
  };
}

/**
 * An EventSource. The browser itself reconnects when the connection is lost. It stops after a response such as 502, which a load balancer
 * sends while no server is available. Then this opens a new EventSource, and sends its cursor as the query parameter `lastEventId`.
 *
 * @param url of the event stream
 * @param on functions: `state(text)`, `event({ id, event, data })`. The data must be JSON: the hub sends a string as it is, so publish
 *           objects
 * @param types of the events that the server publishes with a type. An EventSource has no listener for all types: others are not
 *              received
 * @returns `close()`
 */
export function connectEventSource(url, on, types = []) {
  let lastEventId = '';
  let attempt = 0;
  let timer;
  let source;

  function receive(event) {
    attempt = 0;
    lastEventId = event.lastEventId;
    if (event.type !== 'cursor') on.event({ id: lastEventId, event: event.type, data: JSON.parse(event.data) });
  }

  function open() {
    on.state('connecting');
    const target = new URL(url, location.href);
    if (lastEventId !== '') target.searchParams.set('lastEventId', lastEventId);
    source = new EventSource(target);
    source.onopen = () => on.state('open');
    for (const type of ['message', 'cursor', 'reset', ...types]) source.addEventListener(type, receive);
    source.onerror = () => {
      on.state('waiting');
      if (source.readyState === EventSource.CLOSED) timer = setTimeout(open, backoff(attempt++));
    };
  }

  open();
  return {
    close() {
      clearTimeout(timer);
      source.close();
    },
  };
}
