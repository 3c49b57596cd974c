import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { WebSocket } from 'pushwire';
import { generate } from 'selfsigned';
import { Example, eventually } from '../example.js';

const altNames = [{ type: 7, ip: '127.0.0.1' }];
const { private: key, cert: ca } = await generate([{ name: 'commonName', value: 'localhost' }], {
  keyType: 'ec',
  extensions: [{ name: 'subjectAltName', altNames }],
});
const folder = await mkdtemp(join(tmpdir(), 'pushwire-certificate-'));
const files = { KEY: join(folder, 'key.pem'), CERTIFICATE: join(folder, 'certificate.pem') };
await Promise.all([writeFile(files.KEY, key), writeFile(files.CERTIFICATE, ca)]);
const example = await Example.start('http2', { env: files });
await rm(folder, { recursive: true });

const session = connect(example.url, { ca });
await once(session, 'connect');

/** A request over the one connection. */
async function ask(method, path, { headers = {}, body } = {}) {
  const stream = session.request({ ':method': method, ':path': path, ...headers });
  stream.setEncoding('utf8').end(body);
  const [fields] = await once(stream, 'response');
  return { stream, fields };
}

async function statusOf(path) {
  const { stream, fields } = await ask('GET', path);
  stream.resume();
  return fields[':status'];
}

const read = (stream) => {
  const received = { text: '' };
  stream.on('data', (chunk) => {
    received.text += chunk;
  });
  return received;
};
const counts = async () => JSON.parse(await text((await ask('GET', '/status')).stream));

// Two streams and all other requests share one connection.
const streams = await Promise.all([ask('GET', '/events'), ask('GET', '/events')]);
for (const { fields } of streams) {
  assert.equal(fields['content-type'], 'text/event-stream');
  assert.equal(fields['access-control-allow-origin'], 'https://app.example');
}
const received = streams.map(({ stream }) => read(stream));
await eventually(counts, { streams: 2, sockets: 0 });
const ids = [];
for (const data of ['one', 'two', 'three']) {
  const answer = await ask('POST', '/events', { body: data });
  assert.equal(answer.fields[':status'], 201);
  ids.push(JSON.parse(await text(answer.stream)).id);
  for (const [index, { stream }] of streams.entries()) {
    while (!received[index].text.includes(`data: ${data}\n`)) await once(stream, 'data');
  }
}
const resumed = await ask('GET', '/events', { headers: { 'last-event-id': ids[0] } });
const rest = read(resumed.stream);
while (!rest.text.includes('data: three')) await once(resumed.stream, 'data');
assert.deepEqual(rest.text.match(/(?<=^data: ).*/gm), ['two', 'three']);

// The server sees that clients have left, each of its own stream.
resumed.stream.close();
streams[0].stream.close();
await eventually(counts, { streams: 1, sockets: 0 });
assert.equal(await statusOf('/fails'), 500);
assert.equal(await statusOf('/missing'), 404);

const headers = { Authorization: 'Bearer secret' };
const refusal = async (path, options) => (await once(new WebSocket(example.socketUrl + path, options), 'error'))[0];
const socket = new WebSocket(`${example.socketUrl}/echo`, { ca, headers });
await once(socket, 'open');
socket.send('hello');
assert.equal(String((await once(socket, 'message'))[0]), 'hello');
assert.equal((await refusal('/echo', { ca })).status, 401);
assert.equal((await refusal('/missing', { ca, headers })).status, 404);
// RFC 8441: the server does not offer WebSockets over HTTP/2.
assert.notEqual(session.remoteSettings.enableConnectProtocol, true);

const closed = once(socket, 'close');
const ended = once(streams[1].stream, 'end');
await example.end();
assert.equal((await closed)[0], 1001);
await ended;
assert.match(received[1].text, /^retry: 1000$/m);
console.log('events and resume over HTTP/2, WebSockets over HTTP/1.1 on the same port, 401, 404, 500, SIGTERM');
