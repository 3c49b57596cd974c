import assert from 'node:assert/strict';
import { once } from 'node:events';
import { EventSource, WebSocket } from 'pushwire';
import { Example } from '../example.js';
import { dataOf, refusalOf } from '../exchange.js';

const example = await Example.start('cookie-session', { env: { NODE_ENV: 'development' } });
const { url, socketUrl } = example;
const post = (path, body, cookie = '') =>
  fetch(url + path, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'Content-Type': 'application/json', Cookie: cookie },
  });

async function logIn(cookie) {
  const response = await post('/login', { username: 'alice', password: 'correct horse' }, cookie);
  assert.deepEqual(await response.json(), { user: 'alice' });
  const [set] = response.headers.getSetCookie();
  assert.match(set, /HttpOnly/);
  assert.match(set, /SameSite=Lax/);
  return set.split(';')[0];
}

for (const [username, password] of [
  ['alice', 'wrong'],
  ['bob', 'correct horse'],
  ['bob', ''],
]) {
  assert.ok([400, 401].includes((await post('/login', { username, password })).status));
}

const cookie = await logIn();
// The id of the session changes at each login: nobody can prepare one for somebody else.
const other = await logIn(cookie);
assert.notEqual(other, cookie);

const headers = { Cookie: other };
const socketAddress = `${socketUrl}/socket`;
assert.equal(await refusalOf(socketAddress), 401);
assert.equal(await refusalOf(socketAddress, { headers: { Cookie: cookie } }), 401);
assert.equal(await refusalOf(socketAddress, { headers: { Cookie: `${other}x` } }), 401);
assert.equal(await refusalOf(socketAddress, { headers, origin: 'https://evil.example' }), 403);
assert.equal((await fetch(`${url}/events`)).status, 401);

const socket = new WebSocket(socketAddress, { headers, origin: url });
assert.equal(String((await once(socket, 'message'))[0]), 'Hello, alice');
const source = new EventSource(`${url}/events`, { headers, reconnectionTime: 1 });
assert.deepEqual(await dataOf(source, 1), ['Hello, alice']);
const stream = await fetch(`${url}/events`, { headers });
const third = await logIn();

// The logout ends the connections of this session. The reconnection is refused.
const [closed, ended] = [once(socket, 'close'), stream.text()];
assert.equal((await post('/logout', {}, other)).status, 204);
const [code, reason] = await closed;
assert.deepEqual([code, String(reason)], [3000, 'logged out']);
assert.match(await ended, /^data: Hello, alice$/m);
assert.equal(await refusalOf(socketAddress, { headers }), 401);
assert.equal((await fetch(`${url}/events`, { headers })).status, 401);

// Another session of the same user goes on.
const last = new WebSocket(socketAddress, { headers: { Cookie: third } });
await once(last, 'open');
await example.end();
console.log('login, both protocols with the cookie, 401 without, 403 for another origin, and a logout that ends both');
