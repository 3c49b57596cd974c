// What the examples of all frameworks do: the same requests, with the same answers.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { EventSource, EventStream, WebSocket } from 'pushwire';
import { eventually } from './example.js';

export const headers = { Authorization: 'Bearer secret' };

/** Waits for a number of events, and returns their data. */
export async function dataOf(source, count) {
  const received = [];
  for await (const { data } of source) if (received.push(data) === count) return received;
  throw new Error(`The stream ended after ${JSON.stringify(received)}`);
}

function publish(url, data) {
  return fetch(`${url}/events`, { method: 'POST', body: data, headers: { 'Content-Type': 'text/plain' } });
}

export async function statusOf(url) {
  return (await fetch(`${url}/status`)).json();
}

/** An open event stream, whose response may be read. */
async function openStream(url, headers = {}) {
  const sent = request(`${url}/events`, { headers }).end();
  const [response] = await once(sent, 'response', { signal: AbortSignal.timeout(5000) });
  response.setEncoding('utf8').on('error', () => {});
  return response;
}

/** The status of the response that refuses a WebSocket. */
export async function refusalOf(url, options, protocols = []) {
  const socket = new WebSocket(url, protocols, options);
  const [error] = await once(socket, 'error');
  return error.status;
}

/** `fields`: header fields that the middleware of the example adds to an event stream. */
export async function checkEvents(example, fields) {
  const url = example.url + example.prefix;
  const stream = await openStream(url, { Origin: 'https://app.example', 'Accept-Encoding': 'gzip, br' });
  const expected = { 'content-type': 'text/event-stream', 'content-encoding': undefined, ...fields };
  const received = Object.fromEntries(Object.keys(expected).map((name) => [name, stream.headers[name]]));
  assert.deepEqual(received, expected);
  await eventually(() => statusOf(url), { streams: 1, sockets: 0 });

  // Each event arrives before the next one is sent: nothing holds them back.
  let text = '';
  stream.on('data', (chunk) => {
    text += chunk;
  });
  const ids = [];
  for (const data of ['one', 'two', 'three']) {
    const answer = await publish(url, data);
    assert.equal(answer.status, 201);
    ids.push((await answer.json()).id);
    while (!text.includes(`data: ${data}\n`)) await once(stream, 'data', { signal: AbortSignal.timeout(5000) });
  }
  assert.deepEqual(text.match(/(?<=^data: ).*/gm), ['one', 'two', 'three']);

  const resumed = new EventSource(`${url}/events`, { headers: { 'Last-Event-ID': ids[0] } });
  assert.deepEqual(await dataOf(resumed, 2), ['two', 'three']);

  // The server sees that the client has left.
  stream.destroy();
  await eventually(() => statusOf(url), { streams: 0, sockets: 0 });
  assert.equal((await fetch(`${url}/fails`)).status, 500);
  assert.equal((await fetch(`${url}/missing`)).status, 404);
}

export async function checkWebSockets(example) {
  const { socketUrl } = example;
  const url = example.url + example.prefix;
  const socket = new WebSocket(`${socketUrl}/echo`, { headers });
  await once(socket, 'open');
  for (const message of ['hello', 'x'.repeat(100_000), Buffer.alloc(1000, 7)]) {
    const answer = once(socket, 'message');
    socket.send(message);
    const [data, isBinary] = await answer;
    assert.equal(isBinary, typeof message !== 'string');
    assert.deepEqual(Buffer.from(data), Buffer.from(message));
  }
  await checkRefusals(example);
  socket.close();
  await once(socket, 'close');
  await eventually(() => statusOf(url), { streams: 0, sockets: 0 });
}

export async function checkRefusals({ socketUrl }) {
  assert.equal(await refusalOf(`${socketUrl}/echo`), 401);
  assert.equal(await refusalOf(`${socketUrl}/missing`, { headers }), 404);
}

/** SIGTERM ends streams and sockets in order, and the process. */
export async function checkEnd(example, { hasWebSockets = true } = {}) {
  const url = example.url + example.prefix;
  const stream = await openStream(url);
  let text = '';
  stream.on('data', (chunk) => {
    text += chunk;
  });
  const ended = once(stream, 'end');
  const socket = hasWebSockets ? new WebSocket(`${example.socketUrl}/echo`, { headers }) : undefined;
  if (socket !== undefined) await once(socket, 'open');
  await eventually(() => statusOf(url), { streams: 1, sockets: hasWebSockets ? 1 : 0 });
  const closed = socket === undefined ? [1001] : once(socket, 'close');
  await example.end();
  assert.equal((await closed)[0], 1001);
  await ended;
  assert.match(text, /^retry: 1000$/m);
}

/**
 * An application that does not tell its framework that there is a response already. The framework writes one, which has no effect,
 * and the process warns. `listen` starts the application, whose handler calls `open(request, response)`, and returns its server.
 */
export async function checkForgotten(listen) {
  let stream;
  const warning = once(process, 'warning', { signal: AbortSignal.timeout(5000) });
  const server = await listen((request, response) => {
    stream = EventStream.open(request, response);
    stream.send('one');
  });
  if (!server.listening) await once(server, 'listening');
  const answer = await fetch(`http://127.0.0.1:${server.address().port}/`);
  assert.equal((await warning)[0].code, 'SSE_ERR_RESPONSE_IN_USE');
  stream.send('two');
  stream.close();
  assert.equal(await answer.text(), 'data: one\n\ndata: two\n\n');
  server.close();
}
