import assert from 'node:assert/strict';
import { once } from 'node:events';
import { SignJWT } from 'jose';
import { EventSource, WebSocket } from 'pushwire';
import { Example } from '../example.js';
import { nextData, refusalOf } from '../exchange.js';

const KEY = Buffer.alloc(32, 7);

/** A token that expires in a number of seconds. */
function sign(seconds, { alg = 'HS256', key = KEY, claims = {} } = {}) {
  return new SignJWT({ sub: 'alice', iss: 'https://app.example', aud: 'chat', ...claims })
    .setProtectedHeader({ alg })
    .setExpirationTime(Math.floor(Date.now() / 1000) + seconds)
    .sign(key);
}

const example = await Example.start('token-subprotocol', { env: { KEY: KEY.toString('base64url') } });
const { url, socketUrl } = example;
const bearer = (token) => ({ Authorization: `Bearer ${token}` });

const statusOf = (...protocols) => refusalOf(`${socketUrl}/socket`, {}, protocols);

/** The token with changes in one part, and its signature as before. */
function forge(token, index, changes) {
  const parts = token.split('.');
  const content = { ...JSON.parse(Buffer.from(parts[index], 'base64url')), ...changes };
  parts[index] = Buffer.from(JSON.stringify(content)).toString('base64url');
  return parts.join('.');
}

// What the login returns is accepted by both protocols, and the response does not repeat it.
const login = await fetch(`${url}/login`, {
  method: 'POST',
  headers: { Authorization: `Basic ${btoa('alice:secret')}` },
});
const token = await login.text();
const socket = new WebSocket(`${socketUrl}/socket`, [`token.${token}`, 'chat']);
const source = new EventSource(`${url}/events`, { headers: bearer(token) });
assert.deepEqual(await Promise.all([nextData(socket), nextData(source)]), ['Hello, alice', 'Hello, alice']);
assert.equal(socket.protocol, 'chat');

// Neither another key, nor another algorithm, issuer or audience, nor an expired token.
const bad = [
  '',
  'guess',
  forge(token, 1, { sub: 'bob' }),
  forge(token, 1, { exp: 9_999_999_999 }),
  forge(token, 0, { alg: 'none' }),
  forge(token, 0, { alg: 'none' }).replace(/[^.]+$/, ''),
  await sign(60, { key: Buffer.alloc(32, 8) }),
  await sign(60, { alg: 'HS512', key: Buffer.alloc(64, 7) }),
  await sign(60, { claims: { iss: 'https://evil.example' } }),
  await sign(60, { claims: { aud: 'mail' } }),
  await sign(-1),
];
for (const token of bad) {
  assert.equal(await statusOf('chat', `token.${token}`), 401);
  assert.equal((await fetch(`${url}/events`, { headers: bearer(token) })).status, 401);
}
assert.equal(await statusOf(), 401);
// Nothing but the token could be selected.
assert.equal(await statusOf(`token.${token}`), 401);

// A token that expires ends its connections. The EventSource reconnects with it, receives 401, and stops.
const short = await sign(2);
const shortSocket = new WebSocket(`${socketUrl}/socket`, ['chat', `token.${short}`]);
const shortSource = new EventSource(`${url}/events`, { headers: bearer(short), reconnectionTime: 0 });
const failures = [];
shortSource.addEventListener('error', ({ status }) => failures.push(status));
const [code, reason] = await once(shortSocket, 'close', { signal: AbortSignal.timeout(10_000) });
assert.deepEqual([code, String(reason)], [3000, 'token expired']);
while (shortSource.readyState !== shortSource.CLOSED) {
  await once(shortSource, 'error', { signal: AbortSignal.timeout(10_000) });
}
assert.equal(failures.at(-1), 401);
assert.equal(socket.readyState, WebSocket.OPEN);

source.close();
const closed = once(socket, 'close');
await example.end();
assert.equal((await closed)[0], 1001);
assert.ok(!example.output.includes(token));
console.log('both protocols with a JWT; 401 for eleven wrong ones, the selected subprotocol, expiry, SIGTERM');
