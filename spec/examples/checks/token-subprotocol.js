import assert from 'node:assert/strict';
import { once } from 'node:events';
import { SignJWT } from 'jose';
import { WebSocket } from 'pushwire';
import { Example } from '../example.js';
import { headers, refusalOf } from '../exchange.js';

/** Parts of a token, encoded again with changes and without a valid signature. */
const forged = (token, index, changes) => {
  const parts = token.split('.');
  const content = JSON.parse(Buffer.from(parts[index], 'base64url'));
  parts[index] = Buffer.from(JSON.stringify({ ...content, ...changes })).toString('base64url');
  return parts.join('.');
};

const example = await Example.start('token-subprotocol');
const { url, socketUrl } = example;
assert.equal((await fetch(url, { method: 'POST' })).status, 401);
const newToken = async (from = url) => (await fetch(from, { method: 'POST', headers })).text();
const token = await newToken();
const withToken = (value, ...others) => new WebSocket(socketUrl, [...others, `token.${value}`]);
const socket = withToken(token, 'chat');
assert.equal(String((await once(socket, 'message'))[0]), 'Hello, alice');
assert.equal(socket.protocol, 'chat');
// A client that offers nothing else fails the connection: the server selects no token.
const alone = withToken(token);
const [error] = await once(alone, 'error');
assert.equal(error.reason, 'WS_ERR_INVALID_PROTOCOL');

const foreign = await new SignJWT({ sub: 'alice', aud: 'chat', iss: 'login' })
  .setProtectedHeader({ alg: 'HS256' })
  .setExpirationTime('1 minute')
  .sign(Buffer.alloc(32));
const wrong = [
  'x',
  '',
  foreign,
  `${token}x`,
  forged(token, 1, { sub: 'root' }),
  forged(token, 1, { exp: 9_999_999_999 }),
  forged(token, 0, { alg: 'none' }),
  `${forged(token, 0, { alg: 'none' }).split('.').slice(0, 2).join('.')}.`,
];
for (const value of wrong) assert.equal(await refusalOf(socketUrl, {}, ['chat', `token.${value}`]), 401);
assert.equal(await refusalOf(socketUrl, {}, ['chat']), 401);
assert.equal(await refusalOf(socketUrl), 401);
socket.close();
await example.end();

// A token ends during the connection.
const short = await Example.start('token-subprotocol', { env: { LIFETIME: '1' } });
const shortToken = await newToken(short.url);
const brief = new WebSocket(short.socketUrl, ['chat', `token.${shortToken}`]);
const [code, reason] = await once(brief, 'close');
assert.deepEqual([code, String(reason)], [3000, 'token expired']);
assert.equal(await refusalOf(short.socketUrl, {}, ['chat', `token.${shortToken}`]), 401);
await short.end();
console.log('a token as a subprotocol that is not selected, eight tokens that are refused, and the end of a token');
