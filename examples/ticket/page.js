// For a page: tickets for the server of this folder. `headers` has the usual credential, such as `Authorization`.

/** Milliseconds between two tickets, so that a server that refuses all of them does not receive requests without a pause. */
const PAUSE = 500;

async function ticketFor(api, path, headers) {
  const response = await fetch(`${api}/tickets?for=${path}`, { method: 'POST', headers });
  if (!response.ok) throw new Error(`No ticket: ${response.status}`);
  return response.text();
}

/** Resolves with a WebSocket. */
export async function openWebSocket(api, headers) {
  const ticket = await ticketFor(api, '/socket', headers);
  return new WebSocket(`${api.replace(/^http/, 'ws')}/socket?ticket=${ticket}`);
}

/**
 * Receives events until the signal is aborted. An EventSource reconnects with the same URL, whose ticket has been used. So the
 * server refuses it, the EventSource stops, and this function opens another one.
 */
export async function receiveEvents(api, headers, onMessage, signal) {
  while (!signal.aborted) {
    const ticket = await ticketFor(api, '/events', headers);
    if (signal.aborted) return;
    const source = new EventSource(`${api}/events?ticket=${ticket}`);
    source.onmessage = onMessage;
    await new Promise((resolve) => {
      source.onerror = () => source.readyState === EventSource.CLOSED && resolve();
      signal.onabort = resolve;
    });
    source.close();
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
}
