import assert from 'node:assert/strict';
import { once } from 'node:events';
import { EventSource, WebSocket } from 'pushwire';
import { Example } from '../example.js';
import { nextData, refusalOf } from '../exchange.js';

const ORIGIN = 'https://app.example';
// In production, express-session warns of its MemoryStore.
const env = { ORIGIN, NODE_ENV: 'development' };

/** Logs in, and returns the cookie as a browser sends it. */
async function logIn(url, { username = 'alice', password = 'correct horse', Cookie = '' } = {}) {
  const answer = await fetch(`${url}/login`, {
    method: 'POST',
    body: JSON.stringify({ username, password }),
    headers: { 'Content-Type': 'application/json', Cookie },
  });
  const [cookie] = answer.headers.getSetCookie();
  if (answer.ok) assert.match(cookie, /; HttpOnly; SameSite=Lax$/);
  return { status: answer.status, headers: { Cookie: cookie?.split(';')[0] } };
}

/** Opens both connections of a session, and waits for what each receives first. */
async function openBoth({ url, socketUrl }, headers) {
  const socket = new WebSocket(`${socketUrl}/socket`, { headers, origin: ORIGIN });
  const source = new EventSource(`${url}/events`, { headers, reconnectionTime: 0 });
  const greetings = await Promise.all([nextData(socket), nextData(source)]);
  assert.deepEqual(greetings, ['Hello, alice', 'Hello, alice']);
  return { socket, closed: once(socket, 'close'), source, failed: once(source, 'error') };
}

/** The socket receives the close code 3000. The EventSource reconnects, receives 401, and stops. */
async function checkEnded({ closed, source, failed }) {
  assert.equal((await closed)[0], 3000);
  await failed;
  const [error] = source.readyState === source.CLOSED ? await failed : await once(source, 'error');
  assert.equal(error.status, 401);
  assert.equal(source.readyState, source.CLOSED);
}

const example = await Example.start('cookie-session', { env });
const { url, socketUrl } = example;
const socketStatus = (options) => refusalOf(`${socketUrl}/socket`, options);
const streamStatus = async (headers) => (await fetch(`${url}/events`, { headers })).status;

for (const wrong of [{ password: 'guess' }, { username: 'bob' }, { username: '__proto__' }]) {
  assert.equal((await logIn(url, wrong)).status, 401);
}
assert.equal(await socketStatus(), 401);
assert.equal(await streamStatus({}), 401);
const forged = { Cookie: 'connect.sid=s%3Aguess.AAAA' };
assert.equal(await socketStatus({ headers: forged, origin: ORIGIN }), 401);

// The id of the session changes with each login: nobody can prepare one for somebody else.
const { headers: prepared } = await logIn(url);
const { headers } = await logIn(url, prepared);
assert.notEqual(headers.Cookie, prepared.Cookie);
assert.equal(await socketStatus({ headers: prepared, origin: ORIGIN }), 401);
for (const origin of ['https://evil.example', 'null']) {
  assert.equal(await socketStatus({ headers, origin }), 403);
  assert.equal(await streamStatus({ ...headers, Origin: origin }), 403);
}
// A page of another origin can neither log in as somebody else nor log the user out.
for (const path of ['/login', '/logout']) {
  const foreign = { method: 'POST', headers: { ...headers, Origin: 'https://evil.example' } };
  assert.equal((await fetch(url + path, foreign)).status, 403);
}

// A logout ends the connections of its session, and of no other.
const [ended, other] = [await openBoth(example, headers), await openBoth(example, (await logIn(url)).headers)];
assert.equal((await fetch(`${url}/logout`, { method: 'POST', headers })).status, 204);
await checkEnded(ended);
assert.equal(await socketStatus({ headers, origin: ORIGIN }), 401);
assert.equal(other.socket.readyState, WebSocket.OPEN);
assert.equal(other.source.readyState, other.source.OPEN);

await example.end();
assert.equal((await other.closed)[0], 1001);
other.source.close();

// The connections of a session end when it expires.
const short = await Example.start('cookie-session', { env: { ...env, MAX_AGE: '1500' } });
await checkEnded(await openBoth(short, (await logIn(short.url)).headers));
await short.end();
console.log('both protocols with the session of Passport; 401, 403 for other origins, logout, expiry, SIGTERM');
