import assert from 'node:assert/strict';
import { once } from 'node:events';
import { EventSource, WebSocket } from 'pushwire';
import { Example, eventually } from '../example.js';
import { dataOf, headers, refusalOf } from '../exchange.js';

const example = await Example.start('ticket');
const { url, socketUrl } = example;
const requestTicket = (from = url) => fetch(`${from}/tickets`, { method: 'POST', headers });
const newTicket = async (from) => (await requestTicket(from)).text();
assert.equal((await fetch(`${url}/tickets`, { method: 'POST' })).status, 401);
assert.equal((await requestTicket()).headers.get('cache-control'), 'no-store');

const ticket = await newTicket();
const socket = new WebSocket(`${socketUrl}/socket?ticket=${ticket}`);
assert.equal(String((await once(socket, 'message'))[0]), 'Hello, alice');
assert.equal(await refusalOf(`${socketUrl}/socket?ticket=${ticket}`), 401);
for (const query of ['', '?ticket=', '?ticket=x', `?ticket=${ticket}x`]) {
  assert.equal(await refusalOf(`${socketUrl}/socket${query}`), 401);
  assert.equal((await fetch(`${url}/events${query}`)).status, 401);
}

// The EventSource reconnects with the same URL, and is refused for good. It asks for a new ticket then.
const source = new EventSource(`${url}/events?ticket=${await newTicket()}`, { reconnectionTime: 1 });
assert.deepEqual(await dataOf(source, 1), ['Hello, alice']);
assert.deepEqual(await dataOf(new EventSource(`${url}/events?ticket=${await newTicket()}`), 1), ['Hello, alice']);

// A user has ten tickets at a time. One was not used yet.
const statuses = await Promise.all(Array.from({ length: 12 }, async () => (await requestTicket()).status));
assert.equal(statuses.filter((status) => status === 201).length, 9);
assert.equal(statuses.filter((status) => status === 429).length, 3);
await example.printed(/^GET \/events 200$/m);
assert.doesNotMatch(example.output, /ticket=/);
await example.end();

const short = await Example.start('ticket', { env: { LIFETIME: '1' } });
const late = await newTicket(short.url);
// An eleventh ticket is issued when the first one has expired.
for (let count = 1; count <= 10; count++) await eventually(async () => (await requestTicket(short.url)).status, 201);
assert.equal(await refusalOf(`${short.socketUrl}/socket?ticket=${late}`), 401);
await short.end();
console.log('tickets for both protocols that are valid once, for a short time, ten for a user, and in no log');
