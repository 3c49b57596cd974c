/**
 * The client of `pushwire compare --browser`: the functions that the command calls in the page. All times are in
 * milliseconds, by the clock of the page.
 */

/** @typedef {'websocket' | 'event-stream'} Technique */
/** @typedef {{ onMessage: (text: string) => void, start: number, opened: number, close(): void, send(text: string): void }} Channel */

const ID_DIGITS = 8;
const EXCHANGE_BYTES = 64;
const CLOCK_COMPARISONS = 20;

/** @param {number} id @param {number} bytes */
function messageText(id, bytes) {
  return String(id).padStart(ID_DIGITS, '0').padEnd(bytes, 'x');
}

/** @param {string} path */
function webSocketUrl(path) {
  return location.origin.replace('http', 'ws') + path;
}

/** @param {Technique} technique @param {string} path @returns {Promise<Channel>} */
function open(technique, path) {
  return technique === 'websocket' ? openWebSocket(path) : openEventSource(path);
}

/** @param {string} path @returns {Promise<Channel>} */
function openWebSocket(path) {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const socket = new WebSocket(webSocketUrl(path));
    /** @type {Channel} */
    const channel = {
      onMessage() {},
      start,
      opened: 0,
      close: () => socket.close(),
      send: (text) => socket.send(text),
    };
    socket.onerror = () => reject(new Error(`${path}: the WebSocket could not be opened`));
    socket.onopen = () => {
      channel.opened = performance.now();
      resolve(channel);
    };
    socket.onmessage = ({ data }) => channel.onMessage(data);
  });
}

/** @param {string} path @returns {Promise<Channel>} */
function openEventSource(path) {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const source = new EventSource(path);
    /** @type {Channel} */
    const channel = {
      onMessage() {},
      start,
      opened: 0,
      close: () => source.close(),
      send() {},
    };
    source.onopen = () => {
      channel.opened = performance.now();
      resolve(channel);
    };
    source.onerror = () => reject(new Error(`${path}: the event stream could not be opened`));
    source.onmessage = ({ data }) => channel.onMessage(data);
  });
}

/** Opens and closes connections, one after another. @param {{ technique: Technique, count: number }} options */
async function measureSetUp({ technique, count }) {
  const times = [];
  while (times.length < count) {
    const channel = await open(technique, '/');
    times.push(channel.opened - channel.start);
    channel.close();
    // The browser closes the connection of a stream asynchronously. Until then, it would count as in use.
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return times;
}

/**
 * Returns the offset to add to a time of the page to get the time of the server. Uses the fastest of several round trips,
 * over a WebSocket or with fetch.
 *
 * @param {Technique} technique
 */
async function compareClocks(technique) {
  const channel = technique === 'websocket' ? await openWebSocket('/clock') : undefined;
  const ask = async () => {
    if (channel === undefined) return (await fetch('/clock', { cache: 'no-store' })).text();
    const answer = nextMessage(channel);
    channel.send('');
    return (await answer).text;
  };
  let best = { offset: 0, error: Number.POSITIVE_INFINITY };
  for (let index = 0; index < CLOCK_COMPARISONS; index++) {
    const asked = performance.now();
    const time = Number(await ask());
    const answered = performance.now();
    const error = (answered - asked) / 2;
    if (error < best.error) best = { offset: time - (asked + answered) / 2, error };
  }
  channel?.close();
  return best;
}

/** @param {Channel} channel @returns {Promise<{ text: string, time: number }>} */
function nextMessage(channel) {
  return new Promise((resolve) => {
    channel.onMessage = (text) => resolve({ text, time: performance.now() });
  });
}

// Connections that stay open.

/** @type {Channel[]} */
const channels = [];
/** @type {{ id: number, time: number }[]} */
let received = [];
let awaited = { count: 0, resolve() {} };

/** @param {Technique} technique */
async function connect(technique) {
  const channel = await open(technique, '/');
  channels.push(channel);
  channel.onMessage = (text) => {
    received.push({ time: performance.now(), id: Number(text.slice(0, ID_DIGITS)) });
    if (received.length === awaited.count) awaited.resolve();
  };
}

/** @param {number} count */
async function takeReceived(count) {
  if (received.length < count) {
    await new Promise((resolve) => {
      awaited = { count, resolve: () => resolve(undefined) };
    });
  }
  const taken = received;
  received = [];
  return taken;
}

function disconnect() {
  for (const channel of channels) channel.close();
  channels.length = 0;
}

// Exchanges.

/** @param {{ technique: Technique, id: number }} options */
async function exchange({ technique, id }) {
  const path = technique === 'websocket' ? '/' : `/?stream=${id}`;
  const channel = await open(technique, path);
  const answer = nextMessage(channel);
  const sent = performance.now();
  /** @type {number | undefined} */
  let answered;
  let secondConnection = 0;
  if (technique === 'websocket') {
    channel.send(messageText(id, EXCHANGE_BYTES));
  } else {
    const url = new URL(`/?stream=${id}&post`, location.href).href;
    const response = await fetch(url, { method: 'POST', body: messageText(id, EXCHANGE_BYTES) });
    answered = performance.now();
    await response.arrayBuffer();
    const [timing] = /** @type {PerformanceResourceTiming[]} */ (performance.getEntriesByName(url));
    if (timing !== undefined) secondConnection = timing.connectEnd - timing.connectStart;
    performance.clearResourceTimings();
  }
  const { time } = await answer;
  channel.close();
  return { id, start: channel.start, opened: channel.opened, sent, secondConnection, received: time, answered };
}

// Uploads.

/** @param {{ technique: Technique, count: number, bytes: number, inFlight: number }} options */
async function upload({ technique, count, bytes, inFlight }) {
  let sent = 0;
  if (technique === 'websocket') {
    const channel = await openWebSocket('/upload');
    while (sent < count) {
      const text = messageText(sent, bytes);
      sent++;
      channel.send(text);
    }
    channels.push(channel);
    return;
  }
  const send = async () => {
    while (sent < count) {
      const body = messageText(sent, bytes);
      sent++;
      const response = await fetch('/upload', { method: 'POST', body });
      await response.arrayBuffer();
    }
  };
  await Promise.all(Array.from({ length: inFlight }, send));
}

// Many connections.

/**
 * Opens `count` connections at once. Resolves with the number of connections that are open after `time` milliseconds, and
 * with the duration of another request; null if there is no response within `time` milliseconds.
 *
 * @param {{ technique: Technique, count: number, time: number }} options
 */
async function openMany({ technique, count, time }) {
  let opened = 0;
  const all = Array.from({ length: count }, () => {
    const one = technique === 'websocket' ? new WebSocket(webSocketUrl('/')) : new EventSource('/');
    one.onopen = () => opened++;
    return one;
  });
  await new Promise((resolve) => setTimeout(resolve, time));
  const asked = performance.now();
  const request = await fetch('/page.js', { cache: 'no-store', signal: AbortSignal.timeout(time) })
    .then((response) => response.text())
    .then(() => performance.now() - asked)
    .catch(() => null);
  for (const one of all) one.close();
  return { opened, request };
}

// Recovery.

/** @type {{ source: EventSource, noticed: number, reopened: number, received: { id: number, time: number }[] } | undefined} */
let recovery;

/** Opens an event stream that the server will break. @param {string} path */
async function beginRecovery(path) {
  const source = new EventSource(path);
  const state = { source, noticed: 0, reopened: 0, received: /** @type {{ id: number, time: number }[]} */ ([]) };
  recovery = state;
  source.onopen = () => {
    if (state.noticed !== 0) state.reopened = performance.now();
  };
  source.onerror = () => {
    if (state.noticed === 0) state.noticed = performance.now();
  };
  await new Promise((resolve) => {
    source.onmessage = ({ data }) => {
      state.received.push({ id: Number(data.slice(0, ID_DIGITS)), time: performance.now() });
      resolve(undefined);
    };
  });
}

/** Resolves when the first event after the loss has arrived. */
async function takeRecovery() {
  const state = recovery;
  if (state === undefined) throw new Error('takeRecovery was called before beginRecovery');
  while (state.reopened === 0 || (state.received.at(-1)?.time ?? 0) < state.reopened) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  state.source.close();
  const { noticed, reopened, received: events } = state;
  return { noticed, reopened, received: events };
}

Object.assign(globalThis, {
  comparison: {
    measureSetUp,
    compareClocks,
    connect,
    takeReceived,
    disconnect,
    exchange,
    upload,
    openMany,
    beginRecovery,
    takeRecovery,
  },
});
