import { Chart, summary, UNITS, WINDOW } from './chart.js';
import { LiveSource } from './live-source.js';
import { Traffic } from './traffic.js';

const find = (selector) => document.querySelector(selector);

const CHARTS = [
  { title: 'CPU', note: 'of one core', unit: 'percent', lines: [{ series: 'cpu', label: 'used' }] },
  {
    title: 'Memory',
    note: 'of the process',
    unit: 'bytes',
    lines: [
      { series: 'resident', label: 'resident' },
      { series: 'heap', label: 'heap' },
    ],
  },
  {
    title: 'Event loop',
    note: 'longest delay',
    unit: 'milliseconds',
    lines: [{ series: 'delay', label: 'delay' }],
  },
  {
    title: 'Connections',
    note: 'open now',
    unit: 'count',
    lines: [
      { series: 'streams', label: 'event streams' },
      { series: 'sockets', label: 'WebSockets' },
    ],
  },
  {
    title: 'Messages',
    note: 'a second',
    unit: 'count',
    lines: [
      { series: 'received', label: 'received' },
      { series: 'sent', label: 'sent' },
    ],
  },
  {
    title: 'Slow clients',
    note: 'memory for unread data',
    unit: 'bytes',
    lines: [{ series: 'queued', label: 'queued' }],
  },
];
const SERIES = CHARTS.flatMap(({ title, unit, lines }) => lines.map((line) => ({ ...line, title, unit })));

const charts = CHARTS.map((chart) => new Chart(find('#chart'), chart));
find('#charts').append(...charts.map(({ element }) => element));

/** The points of each series in the last two minutes. */
let series = new Map();
let about;
/** The time of the server at its latest value. */
let now = 0;
/** What the pointer is on, as a fraction of the window; undefined for nothing. */
let pointed;

const isPoint = ([time, value]) => Number.isFinite(time) && Number.isFinite(value);

function receive(name, data) {
  // The server has restarted, or this is the first connection.
  if (name === 'snapshot') {
    about = data.about;
    series = new Map();
    now = 0;
    source.silence = Math.max(10_000, about.interval * 5 || 0);
  }
  const added = name === 'snapshot' || name === 'missed' ? data.series : { [name]: [data] };
  for (const [key, points] of Object.entries(added)) {
    const all = [...(series.get(key) ?? []), ...points.filter(isPoint)];
    now = Math.max(now, all.at(-1)?.[0] ?? 0);
    const start = all.findIndex(([time]) => time >= now - WINDOW);
    series.set(key, start === -1 ? [] : all.slice(start));
  }
  drawSoon();
}

let isDrawing = false;

/** However many values arrive, the page draws once in a frame. */
function drawSoon() {
  if (isDrawing) return;
  isDrawing = true;
  requestAnimationFrame(() => {
    isDrawing = false;
    const at = pointed === undefined ? undefined : now - WINDOW * (1 - pointed);
    for (const chart of charts) chart.draw(series, now, about?.interval ?? 1000, at);
    if (find('details').open) drawTable();
    if (about === undefined) return;
    find('#process').textContent = about.process;
    find('#node').textContent = about.node;
    find('#running').textContent = now === 0 ? '–' : duration(now - about.started);
    find('#skipped').textContent = series.get('skipped')?.at(-1)?.[1] ?? 0;
  });
}

function drawTable() {
  const rows = SERIES.map(({ series: name, label, title, unit }) => {
    const row = document.createElement('tr');
    const head = row.appendChild(document.createElement('th'));
    head.scope = 'row';
    head.textContent = `${title}: ${label}`;
    const points = series.get(name) ?? [];
    const values = points.length === 0 ? Array(4).fill(undefined) : Object.values(summary(points));
    for (const value of values) {
      row.appendChild(document.createElement('td')).textContent = value === undefined ? '–' : UNITS[unit].write(value);
    }
    return row;
  });
  find('#rows').replaceChildren(...rows);
}

function duration(milliseconds) {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min ${seconds % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

const STATES = {
  connecting: 'connecting',
  live: 'live',
  interrupted: 'connection lost, trying again',
  paused: 'paused',
};

function show(state) {
  document.body.dataset.state = state;
  find('#state').dataset.state = state;
  find('#state').textContent = STATES[state];
}

const names = ['snapshot', 'missed', 'skipped', ...SERIES.map(({ series }) => series)];
const source = new LiveSource('events', names, { state: show, event: receive });

let isPaused = false;

/** A hidden page needs no events. It closes its connection for other pages: over HTTP/1.1, a browser has six connections to a server. */
function openOrClose() {
  if (isPaused || document.hidden) return source.close();
  show('connecting');
  source.open();
}

find('#pause').addEventListener('click', ({ target }) => {
  isPaused = !isPaused;
  target.ariaPressed = String(isPaused);
  if (isPaused) show('paused');
  openOrClose();
});

document.addEventListener('visibilitychange', openOrClose);

const traffic = new Traffic();
find('#traffic').addEventListener('click', ({ target }) => {
  const isRunning = target.ariaPressed !== 'true';
  target.ariaPressed = String(isRunning);
  if (isRunning) traffic.start();
  else traffic.stop();
});

find('#charts').addEventListener('pointermove', ({ target, clientX }) => {
  const plot = target.closest('.plot')?.getBoundingClientRect();
  pointed = plot === undefined ? undefined : Math.min(1, Math.max(0, (clientX - plot.left) / plot.width));
  drawSoon();
});
find('#charts').addEventListener('pointerleave', () => {
  pointed = undefined;
  drawSoon();
});
find('details').addEventListener('toggle', drawSoon);

drawSoon();
openOrClose();
