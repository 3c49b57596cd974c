import assert from 'node:assert/strict';
import { once } from 'node:events';
import { EventSource, WebSocket } from 'pushwire';
import * as page from '../../ticket/page.js';
import { Example } from '../example.js';
import { nextData, refusalOf } from '../exchange.js';

const ORIGIN = 'https://app.example';
const LIFETIME = 1000;

const example = await Example.start('ticket', { env: { ORIGIN, TICKET_LIFETIME: String(LIFETIME) } });
const { url, socketUrl } = example;
const issued = [];

async function ticketFor(path, token = 'secret') {
  const headers = { Authorization: `Bearer ${token}`, Origin: ORIGIN };
  const answer = await fetch(`${url}/tickets?for=${path}`, { method: 'POST', headers });
  if (!answer.ok) return answer.status;
  assert.equal(answer.headers.get('access-control-allow-origin'), ORIGIN);
  assert.equal(answer.headers.get('cache-control'), 'no-store');
  return issued[issued.push(await answer.text()) - 1];
}

const socketUrlWith = (ticket) => `${socketUrl}/socket?ticket=${ticket}`;
/** A connection, after its first message. */
async function open(connection, greeting) {
  assert.equal(await nextData(connection), greeting);
  return connection;
}
const openSocket = (ticket, greeting) => open(new WebSocket(socketUrlWith(ticket), { origin: ORIGIN }), greeting);
const socketStatus = (ticket, origin = ORIGIN) => refusalOf(socketUrlWith(ticket), { origin });
const streamStatus = async (ticket) => {
  const answer = await fetch(`${url}/events?ticket=${ticket}`);
  await answer.body?.cancel();
  return answer.status;
};

// A browser asks first, because of `Authorization`.
const preflight = await fetch(`${url}/tickets`, { method: 'OPTIONS', headers: { Origin: ORIGIN } });
assert.equal(preflight.headers.get('access-control-allow-headers'), 'Authorization');
assert.equal(await ticketFor('/socket', 'guess'), 401);
assert.equal(await ticketFor('/admin'), 400);

// Each ticket is for its user.
const socket = await openSocket(await ticketFor('/socket'), 'Hello, alice');
const other = await openSocket(await ticketFor('/socket', 'other'), 'Hello, bob');
const source = new EventSource(`${url}/events?ticket=${await ticketFor('/events')}`);
await open(source, 'Hello, alice');

// It is valid once, and only for its path.
assert.equal(await socketStatus(issued[0]), 401);
assert.equal(await streamStatus(issued[2]), 401);
const misused = await ticketFor('/events');
assert.equal(await socketStatus(misused), 401);
assert.equal(await streamStatus(misused), 401);
assert.equal(await socketStatus('guess'), 401);
assert.equal(await refusalOf(`${socketUrl}/socket`, { origin: ORIGIN }), 401);

// A page of another origin is refused before the ticket is read.
const kept = await ticketFor('/socket');
assert.equal(await socketStatus(kept, 'https://evil.example'), 403);
other.close();
await openSocket(kept, 'Hello, alice');

// A user has ten tickets at most.
const many = [];
for (let count = 1; count <= 11; count++) many.push(await ticketFor('/events'));
assert.equal(await streamStatus(many[0]), 401);
assert.equal(await streamStatus(many[10]), 200);
// All others are too old after their lifetime.
await new Promise((resolve) => setTimeout(resolve, LIFETIME));
assert.equal(await streamStatus(many[5]), 401);

// An EventSource that reconnects has the old ticket in its URL. It receives 401, and stops. The page opens another one.
source.reconnect();
const [error] = await once(source, 'error', { signal: AbortSignal.timeout(5000) });
assert.deepEqual([error.status, source.readyState], [401, source.CLOSED]);
const opened = [];
globalThis.WebSocket = class extends WebSocket {
  constructor(url) {
    super(url, { origin: ORIGIN });
  }
};
globalThis.EventSource = class extends EventSource {
  constructor(url) {
    super(url);
    opened.push(this);
  }
};
const headers = { Authorization: 'Bearer secret' };
assert.equal(await nextData(await page.openWebSocket(url, headers)), 'Hello, alice');
const stopped = new AbortController();
const received = [];
const onMessage = ({ data }) => {
  if (received.push(data) < 3) opened.at(-1).reconnect();
  else stopped.abort();
};
await page.receiveEvents(url, headers, onMessage, stopped.signal);
assert.deepEqual(received, Array(3).fill('Hello, alice'));
assert.deepEqual(
  opened.map(({ readyState }) => readyState),
  Array(3).fill(EventSource.CLOSED),
);
const closed = once(socket, 'close');
await example.end();
assert.equal((await closed)[0], 1001);
assert.match(example.output, /^GET \/socket alice\nGET \/socket bob\nGET \/events alice$/m);
for (const ticket of issued) assert.ok(!example.output.includes(ticket));
console.log('both protocols with tickets: once, for one user and path, expiry; 401, 403, the log, SIGTERM');
