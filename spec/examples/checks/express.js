import assert from 'node:assert/strict';
import { once } from 'node:events';
import compression from 'compression';
import express from 'express';
import { EventStream } from 'pushwire';
import { Example } from '../example.js';
import { checkEnd, checkEvents, checkForgotten, checkWebSockets } from '../exchange.js';

/** Without `no-transform`, `compression` compresses the stream. Each event arrives before the next one is sent. */
async function checkCompressed() {
  let stream;
  const app = express();
  app.use(compression());
  app.get('/', (request, response) => {
    stream = EventStream.open(request, response, { headers: { 'Cache-Control': 'no-cache' } });
    stream.send('one');
  });
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const answer = await fetch(`http://127.0.0.1:${server.address().port}/`);
  assert.equal(answer.headers.get('content-encoding'), 'gzip');
  let text = '';
  for await (const chunk of answer.body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (text.endsWith('data: one\n\n')) stream.send('two');
    if (text.endsWith('data: two\n\n')) stream.close();
  }
  assert.equal(text, 'data: one\n\ndata: two\n\n');
  server.close();
}

const example = await Example.start('express');
await checkEvents(example, { 'access-control-allow-origin': 'https://app.example', 'x-powered-by': 'Express' });
await checkWebSockets(example);
await checkEnd(example);
await checkForgotten((open) => {
  const app = express();
  app.get('/', (request, response) => {
    open(request, response);
    response.end('OK');
  });
  return app.listen(0, '127.0.0.1');
});
await checkCompressed();
console.log(
  'events and resume beside compression and CORS, WebSockets, 401, 404, 500, SIGTERM, a response that the framework adds',
);
