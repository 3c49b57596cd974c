/**
 * The page of `pushwire serve`: two lanes that receive the same ticks, with the WebSocket and the EventSource of the browser.
 * All times are in milliseconds.
 */

const TICKS_SHOWN = 60;
const MESSAGES_SHOWN = 4;
/** The delay before the page reopens a lost WebSocket. An EventSource reconnects by itself. */
const RECONNECTION_DELAY = 1_000;
/** The clocks are compared several times at first, and then regularly, as they may drift. */
const FIRST_COMPARISONS = 8;
const COMPARISON_INTERVAL = 5_000;

/** @typedef {{ number: number, sentAt: number }} Tick */

/**
 * @template {Element} E
 * @param {ParentNode} parent
 * @param {string} selector
 * @param {new () => E} type
 */
function find(parent, selector, type) {
  const element = parent.querySelector(selector);
  if (!(element instanceof type)) throw new Error(`The page has no ${selector}`);
  return element;
}

/** Milliseconds since 1970, with a finer resolution than `Date.now()`. */
function now() {
  return performance.timeOrigin + performance.now();
}

/** @param {number} milliseconds */
function format(milliseconds) {
  return `${milliseconds.toFixed(Math.abs(milliseconds) < 10 ? 2 : 0)} ms`;
}

/** @param {number[]} values */
function median(values) {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

function webSocketUrl() {
  const url = new URL('websocket', location.href);
  url.protocol = url.protocol.replace('http', 'ws');
  return url;
}

/** Estimates how far the clock of the server is ahead of the page's, by the fastest of the latest round trips. */
class ServerClock {
  /** @type {{ roundTrip: number, offset: number }[]} */
  #comparisons = [];
  #note = find(document, '#clock', HTMLElement);

  /** Zero before the first comparison. */
  get offset() {
    return this.#best?.offset ?? 0;
  }

  get #best() {
    return this.#comparisons.toSorted((one, other) => one.roundTrip - other.roundTrip)[0];
  }

  /**
   * @param {number} askedAt
   * @param {number} serverTime
   */
  compare(askedAt, serverTime) {
    const answeredAt = now();
    // This assumes that both directions take the same time. The error is at most half of the round trip.
    const offset = serverTime - (askedAt + answeredAt) / 2;
    this.#comparisons = [...this.#comparisons, { roundTrip: answeredAt - askedAt, offset }].slice(-20);
    const best = this.#best;
    if (best === undefined) return;
    this.#note.textContent =
      'The latency is the time from sending a tick in the server to receiving it in this page. It is corrected for the clock of the server, which is ' +
      `${format(Math.abs(best.offset))} ${best.offset < 0 ? 'behind' : 'ahead'} (± ${format(best.roundTrip / 2)}).`;
  }
}

/** Draws in the next frame instead of immediately, so that drawing for one lane does not delay the event of the other. */
function requestDraw() {
  if (drawRequested) return;
  drawRequested = true;
  requestAnimationFrame(() => {
    drawRequested = false;
    webSocketLane.draw();
    eventSourceLane.draw();
    drawChart();
  });
}
let drawRequested = false;

/** The display of one connection. */
class Lane {
  /** Latencies, by the number of the tick. @type {Map<number, number>} */
  delays = new Map();
  #root;
  #count = 0;
  /** The latest messages, newest first. @type {string[]} */
  #messages = [];

  /** @param {string} id */
  constructor(id) {
    this.#root = find(document, `#${id}`, HTMLElement);
  }

  /** @param {() => void} listener */
  onToggle(listener) {
    find(this.#root, '.toggle', HTMLButtonElement).addEventListener('click', listener);
  }

  /** @param {'connecting' | 'open' | 'closed'} state */
  showState(state) {
    const output = find(this.#root, '.state', HTMLOutputElement);
    output.value = state;
    output.dataset.state = state;
    find(this.#root, '.toggle', HTMLButtonElement).textContent = state === 'closed' ? 'Connect' : 'Disconnect';
  }

  /** @param {number} duration */
  showConnectionTime(duration) {
    this.#show('.connection-time', format(duration));
  }

  /**
   * @param {Tick} tick
   * @param {number} delay
   */
  addTick(tick, delay) {
    // The server has restarted, and counts from one again.
    if (tick.number < Math.max(...this.delays.keys())) this.delays.clear();
    this.delays.set(tick.number, delay);
    if (this.delays.size > TICKS_SHOWN) this.delays.delete(Math.min(...this.delays.keys()));
    this.addMessage(`tick ${tick.number} at ${new Date(tick.sentAt).toISOString().slice(11, 23)}`);
  }

  /** @param {string} text */
  addMessage(text) {
    this.#count++;
    this.#messages = [text, ...this.#messages].slice(0, MESSAGES_SHOWN);
    requestDraw();
  }

  draw() {
    const delays = [...this.delays.values()];
    const latest = delays.at(-1);
    if (latest !== undefined) {
      this.#show('.latest', format(latest));
      this.#show('.median', format(median(delays)));
    }
    this.#show('.count', String(this.#count));
    const items = this.#messages.map((text) => {
      const item = document.createElement('li');
      item.textContent = text;
      return item;
    });
    find(this.#root, '.messages', HTMLOListElement).replaceChildren(...items);
  }

  /**
   * @param {string} selector
   * @param {string} text
   */
  #show(selector, text) {
    find(this.#root, selector, HTMLElement).textContent = text;
  }
}

const clock = new ServerClock();
const webSocketLane = new Lane('websocket');
const eventSourceLane = new Lane('eventsource');

/** The messages whose echo is pending, oldest first. @type {{ text: string, sentAt: number }[]} */
const webSocketEchoes = [];
/** @type {{ text: string, sentAt: number }[]} */
const eventSourceEchoes = [];

/**
 * @param {{ text: string, sentAt: number }[]} pending
 * @param {string} id
 * @param {string} text
 */
function showEcho(pending, id, text) {
  const sent = pending.shift();
  const duration = sent === undefined ? '' : ` after ${format(now() - sent.sentAt)}`;
  find(document, id, HTMLElement).textContent = `“${text}”${duration}`;
}

// The WebSocket.

/** @type {WebSocket | null} */
let webSocket = null;
/** @type {number | undefined} */
let reconnection;
/** @type {number | undefined} */
let comparisons;
let comparisonAskedAt = 0;

function openWebSocket() {
  const startedAt = performance.now();
  const socket = new WebSocket(webSocketUrl());
  webSocket = socket;
  let compared = 0;
  webSocketLane.showState('connecting');

  const compareClocks = () => {
    comparisonAskedAt = now();
    socket.send('{"type":"clock"}');
  };
  socket.addEventListener('open', () => {
    webSocketLane.showState('open');
    webSocketLane.showConnectionTime(performance.now() - startedAt);
    compareClocks();
    comparisons = setInterval(compareClocks, COMPARISON_INTERVAL);
  });
  socket.addEventListener('message', ({ data }) => {
    const receivedAt = now();
    const message = parse(data);
    if (message.type === 'clock') {
      clock.compare(comparisonAskedAt, message.time);
      if (++compared < FIRST_COMPARISONS) compareClocks();
    } else if (message.type === 'tick') {
      webSocketLane.addTick(message, receivedAt + clock.offset - message.sentAt);
    } else {
      webSocketLane.addMessage(`echo ${message.text}`);
      showEcho(webSocketEchoes, '#websocket-echo', message.text);
    }
  });
  socket.addEventListener('close', () => {
    clearInterval(comparisons);
    webSocketEchoes.length = 0;
    if (webSocket !== socket) return;
    webSocketLane.showState('connecting');
    reconnection = setTimeout(openWebSocket, RECONNECTION_DELAY);
  });
}

/** @param {string} data */
function parse(data) {
  return JSON.parse(data);
}

function closeWebSocket() {
  clearTimeout(reconnection);
  const socket = webSocket;
  webSocket = null;
  socket?.close(1000);
  webSocketLane.showState('closed');
}

webSocketLane.onToggle(() => (webSocket === null ? openWebSocket() : closeWebSocket()));

// The event stream.

/** @type {EventSource | null} */
let eventSource = null;
/** The ID of the stream on the server, for POST requests. */
let streamId = '';

function openEventSource() {
  const startedAt = performance.now();
  const source = new EventSource('eventsource');
  eventSource = source;
  let connected = false;
  eventSourceLane.showState('connecting');

  source.addEventListener('open', () => {
    eventSourceLane.showState('open');
    // When an EventSource reconnects, the page can't know when it starts.
    if (!connected) eventSourceLane.showConnectionTime(performance.now() - startedAt);
    connected = true;
  });
  source.addEventListener('error', () => {
    eventSourceEchoes.length = 0;
    eventSourceLane.showState(source.readyState === EventSource.CLOSED ? 'closed' : 'connecting');
    if (source.readyState === EventSource.CLOSED && eventSource === source) eventSource = null;
  });
  source.addEventListener('welcome', ({ data }) => {
    streamId = data;
  });
  source.addEventListener('tick', ({ data }) => {
    const receivedAt = now();
    const tick = parse(data);
    eventSourceLane.addTick(tick, receivedAt + clock.offset - tick.sentAt);
  });
  source.addEventListener('echo', ({ data }) => {
    eventSourceLane.addMessage(`echo ${data}`);
    showEcho(eventSourceEchoes, '#eventsource-echo', data);
  });
}

function closeEventSource() {
  eventSource?.close();
  eventSource = null;
  eventSourceLane.showState('closed');
}

eventSourceLane.onToggle(() => (eventSource === null ? openEventSource() : closeEventSource()));

// The echo.

find(document, '#echo', HTMLFormElement).addEventListener('submit', (event) => {
  event.preventDefault();
  const input = find(document, '#echo input', HTMLInputElement);
  const text = input.value;
  if (text === '') return;
  input.value = '';
  if (webSocket?.readyState === WebSocket.OPEN) {
    webSocketEchoes.push({ text, sentAt: now() });
    webSocket.send(JSON.stringify({ type: 'echo', text }));
  } else {
    find(document, '#websocket-echo', HTMLElement).textContent = 'not connected';
  }
  if (eventSource?.readyState === EventSource.OPEN) {
    eventSourceEchoes.push({ text, sentAt: now() });
    postEcho(text).catch((error) => {
      eventSourceEchoes.pop();
      find(document, '#eventsource-echo', HTMLElement).textContent = String(error);
    });
  } else {
    find(document, '#eventsource-echo', HTMLElement).textContent = 'not connected';
  }
});

/** @param {string} text */
async function postEcho(text) {
  const response = await fetch(`eventsource?stream=${encodeURIComponent(streamId)}`, { method: 'POST', body: text });
  if (!response.ok) throw new Error(`Unexpected response status ${response.status}`);
}

// Complete exchanges.

/** The medians are of this many latest exchanges. */
const EXCHANGES_KEPT = 9;
const EXCHANGE_INTERVAL = 3_000;

/**
 * The times of an exchange, all by the clock of the page.
 * @typedef {{ start: number, opened: number, arrived: number, sent: number, received: number, answered?: number }} Exchange
 */

/** @returns {Promise<Exchange>} */
function exchangeByWebSocket() {
  return new Promise((resolve, reject) => {
    const start = now();
    let opened = 0;
    const socket = new WebSocket(webSocketUrl());
    socket.addEventListener('open', () => {
      opened = now();
      socket.send('{"type":"exchange"}');
    });
    socket.addEventListener('message', ({ data }) => {
      const received = now();
      const message = parse(data);
      if (message.type !== 'exchange') return;
      socket.close();
      resolve({ start, opened, received, ...serverTimes(message) });
    });
    socket.addEventListener('error', reject);
  });
}

/** @returns {Promise<Exchange>} */
function exchangeByEventSource() {
  return new Promise((resolve, reject) => {
    const start = now();
    let opened = 0;
    /** @type {Promise<number> | undefined} */
    let answer;
    const source = new EventSource('eventsource');
    source.addEventListener('open', () => {
      opened = now();
    });
    source.addEventListener('welcome', ({ data }) => {
      const url = `eventsource?exchange&stream=${encodeURIComponent(data)}`;
      answer = fetch(url, { method: 'POST', body: 'exchange' }).then(now);
      answer.catch(reject);
    });
    source.addEventListener('exchange', async ({ data }) => {
      const received = now();
      const answered = await answer;
      source.close();
      resolve({
        start,
        opened,
        received,
        ...serverTimes(parse(data)),
        ...(answered === undefined ? {} : { answered }),
      });
    });
    source.addEventListener('error', () => {
      source.close();
      reject(new Error('The event stream could not be opened'));
    });
  });
}

/** @param {{ arrivedAt: number, sentAt: number }} message */
function serverTimes({ arrivedAt, sentAt }) {
  return { arrived: arrivedAt - clock.offset, sent: sentAt - clock.offset };
}

/** The terms of an exchange, by the class of their bars. @type {Record<string, string>} */
const TERMS = { 'set-up': 'C', up: 'R up', push: 'P', down: 'R down' };

/** The display of the exchanges of one technique. */
class ExchangeLane {
  /** @type {Exchange[]} */
  #exchanges = [];
  #root;

  /** @param {string} id */
  constructor(id) {
    this.#root = find(document, `#${id}-exchange`, HTMLElement);
  }

  /** @param {Exchange} exchange */
  add(exchange) {
    this.#exchanges = [...this.#exchanges, exchange].slice(-EXCHANGES_KEPT);
  }

  /** The medians of the terms. */
  get terms() {
    const of = (/** @type {(exchange: Exchange) => number} */ term) => Math.max(0, median(this.#exchanges.map(term)));
    return {
      'set-up': of(({ start, opened }) => opened - start),
      up: of(({ opened, arrived }) => arrived - opened),
      push: of(({ arrived, sent }) => sent - arrived),
      down: of(({ sent, received }) => received - sent),
    };
  }

  get total() {
    return median(this.#exchanges.map(({ start, received }) => received - start));
  }

  /** The model of the article. For an event stream, it counts both the push and the response that overlaps with it. */
  get articleTotal() {
    return median(
      this.#exchanges.map(({ start, opened, arrived, sent, received, answered }) =>
        answered === undefined
          ? opened - start + (arrived - opened) + (received - sent)
          : opened - start + (answered - opened) + (received - arrived),
      ),
    );
  }

  /** @param {number} limit the time that corresponds to the full width of the bar */
  draw(limit) {
    const bars = Object.entries(this.terms).map(([name, time]) => {
      const bar = document.createElement('span');
      bar.className = name;
      bar.style.width = `${(100 * time) / limit}%`;
      bar.title = `${TERMS[name]}: ${format(time)}`;
      return bar;
    });
    find(this.#root, '.bar', HTMLElement).replaceChildren(...bars);
    find(this.#root, '.total', HTMLElement).textContent =
      `T = ${format(this.total)}; in the article: ${format(this.articleTotal)}`;
  }
}

const webSocketExchanges = new ExchangeLane('websocket');
const eventSourceExchanges = new ExchangeLane('eventsource');

async function measureExchanges() {
  // Browsers throttle hidden pages.
  if (document.hidden || webSocket?.readyState !== WebSocket.OPEN) return;
  // One after the other, so that they do not delay each other.
  const [one, other] = [await exchangeByWebSocket(), await exchangeByEventSource()];
  webSocketExchanges.add(one);
  eventSourceExchanges.add(other);
  const limit = Math.max(webSocketExchanges.total, eventSourceExchanges.total);
  webSocketExchanges.draw(limit);
  eventSourceExchanges.draw(limit);
}

async function measureForever() {
  // Try again after an error. The lanes above show when the server can't be reached.
  await measureExchanges().catch(() => {});
  setTimeout(measureForever, EXCHANGE_INTERVAL);
}

// The chart.

const HEIGHT = 200;
const LEFT = 48;
const TOP = 10;
const BOTTOM = 24;
const GRID_LINES = 4;

/**
 * @param {string} name
 * @param {Record<string, string | number>} attributes
 * @param {string} [text]
 */
function svg(name, attributes, text) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  if (text !== undefined) element.textContent = text;
  return element;
}

/** The next of 1, 2, 5, 10, 20, 50, … that is large enough. @param {number} value */
function niceLimit(value) {
  const magnitude = 10 ** Math.floor(Math.log10(value));
  return magnitude * ([1, 2, 5].find((step) => step * magnitude >= value) ?? 10);
}

function drawChart() {
  const chart = find(document, '#chart', SVGElement);
  const width = chart.clientWidth;
  const lanes = { websocket: webSocketLane.delays, eventsource: eventSourceLane.delays };
  const last = Math.max(0, ...Object.values(lanes).flatMap((delays) => [...delays.keys()]));
  const limit = niceLimit(Math.max(0.5, ...Object.values(lanes).flatMap((delays) => [...delays.values()])));
  const x = (/** @type {number} */ number) => width - ((last - number) / (TICKS_SHOWN - 1)) * (width - LEFT);
  const y = (/** @type {number} */ delay) => HEIGHT - BOTTOM - (delay / limit) * (HEIGHT - TOP - BOTTOM);

  const parts = [];
  for (let line = 0; line <= GRID_LINES; line++) {
    const delay = (limit * line) / GRID_LINES;
    parts.push(svg('line', { class: 'grid', x1: LEFT, x2: width, y1: y(delay), y2: y(delay) }));
    parts.push(svg('text', { x: LEFT - 6, y: y(delay) + 4, 'text-anchor': 'end' }, `${Number(delay.toPrecision(3))}`));
  }
  parts.push(svg('text', { x: LEFT, y: HEIGHT - 6 }, 'latency (ms)'));
  parts.push(svg('text', { x: width, y: HEIGHT - 6, 'text-anchor': 'end' }, `tick ${last}`));
  for (const [name, delays] of Object.entries(lanes)) {
    const shown = [...delays].filter(([number]) => last - number < TICKS_SHOWN);
    const points = shown.map(([number, delay]) => `${x(number).toFixed(1)} ${y(Math.max(0, delay)).toFixed(1)}`);
    if (points.length > 0) parts.push(svg('path', { class: name, d: `M${points.join('L')}` }));
  }
  chart.replaceChildren(...parts);
}

find(document, '#curl', HTMLElement).textContent = `curl -N ${new URL('time', location.href)}`;
openWebSocket();
openEventSource();
// After the first comparison of the clocks.
setTimeout(measureForever, RECONNECTION_DELAY);
