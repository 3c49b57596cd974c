// The Realtime client of the OpenAI SDK, and a small server of that API, over TLS: sessions, audio, text as it is generated.
import { once } from 'node:events';
import { createServer } from 'node:https';
import OpenAI from 'openai';
import { OpenAIRealtimeWS } from 'openai/realtime/ws';
import { WebSocketServer } from 'ws';
import { brief, exchanged, say, sayApart } from '../transcript.js';

/** A key and a certificate for tests, of localhost and 127.0.0.1. */
const pem = (type, base64) =>
  `-----BEGIN ${type}-----\n${base64.match(/.{1,64}/g).join('\n')}\n-----END ${type}-----\n`;
const key = pem(
  'PRIVATE KEY',
  'MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgbocPzfej/wROgvbC1mT+m+oirazDsyXfrOGRIr841wuhRANCAAS4VD2ZcDNq5h' +
    'LjiYEfXWV3sLQ279YZaBwO3/p6zv3JYgedosrgAztyqPc5r9KMq6H4IQxYll6eaa3speB5qENo',
);
const cert = pem(
  'CERTIFICATE',
  'MIIBmjCCAUGgAwIBAgIUUfz9xwWlfBWprBjXMAMFEAvf46IwCgYIKoZIzj0EAwIwFDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyODAxMz' +
    'YxMVoYDzIxMjYxMTA0MDEzNjExWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAS4VD2ZcDNq5hLjiYEf' +
    'XWV3sLQ279YZaBwO3/p6zv3JYgedosrgAztyqPc5r9KMq6H4IQxYll6eaa3speB5qENoo28wbTAdBgNVHQ4EFgQUF0rPpiEcKo3+leuqfp7KCf' +
    'domWMwHwYDVR0jBBgwFoAUF0rPpiEcKo3+leuqfp7KCfdomWMwDwYDVR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEw' +
    'CgYIKoZIzj0EAwIDRwAwRAIgO7KcunXI1Tn7X3S01HOBYdbwhnm/ftfiTzayNZRNd3oCIG1QAPqhum0TWw34aowDUOnnD2nd8DzPfu9k+j6DFS' +
    'vb',
);
const https = createServer({ key, cert });
const api = new WebSocketServer({ noServer: true, maxPayload: 0 });
const sayAtServer = sayApart('server');
const sayOfCloses = sayApart('close at the server');
const refusals = [];
let current;
https.on('upgrade', (request, socket, head) => {
  sayAtServer(
    `${request.url}, ${request.headers.authorization}, ${request.headers['sec-websocket-extensions'] ?? 'no'} extensions`,
  );
  if (refusals.length > 0) {
    return socket.end(`HTTP/1.1 ${refusals.shift()}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
  }
  api.handleUpgrade(request, socket, head, (webSocket) => {
    const send = (event) => webSocket.send(JSON.stringify(event));
    current = { webSocket, socket, send };
    webSocket.on('message', (data, isBinary) => {
      const event = JSON.parse(data);
      sayAtServer(`${event.type}, ${isBinary ? 'binary' : 'text'} of ${data.length} bytes`);
      if (event.type === 'session.update') send({ type: 'session.updated', session: event.session });
      if (event.type === 'input_audio_buffer.append') send({ type: 'input_audio_buffer.committed', item_id: 'item' });
      if (event.type === 'response.create') {
        for (let index = 0; index < 200; index++)
          send({ type: 'response.output_text.delta', delta: `слово ${index} ` });
        send({ type: 'response.output_audio.delta', delta: 'x'.repeat(20_000_000) });
        send({ type: 'response.done', response: { status: 'completed' } });
      }
      if (event.type === 'response.cancel')
        send({ type: 'error', error: { code: 'nothing', message: 'nothing to cancel' } });
    });
    webSocket.on('close', (code, reason) => sayOfCloses(`${code} ${reason}`));
    send({ type: 'session.created', session: { id: 'session' } });
  });
});
https.listen(0, '127.0.0.1');
await once(https, 'listening');
const client = new OpenAI({ apiKey: 'secret', baseURL: `https://127.0.0.1:${https.address().port}/v1` });

function open(name, options) {
  const realtime = new OpenAIRealtimeWS({ model: 'gpt-realtime', options: { ca: cert }, ...options }, client);
  realtime.on('error', ({ message }) => say(`${name}: error ${message.split('\n')[0]}`));
  const closed = new Promise((resolve) => {
    realtime.socket.on('close', (code, reason) => resolve(say(`${name}: close ${code} ${reason}`)));
  });
  const next = (type) => new Promise((resolve) => realtime.once(type, resolve));
  return { realtime, closed, next };
}

const { realtime, closed, next } = open('client');
say(`created: ${(await next('session.created')).session.id}`);
realtime.send({ type: 'session.update', session: { instructions: 'Sei höflich ☺' } });
say(`updated: ${(await next('session.updated')).session.instructions}`);
realtime.send({ type: 'input_audio_buffer.append', audio: Buffer.alloc(1_000_000, 1).toString('base64') });
say(`committed: ${(await next('input_audio_buffer.committed')).item_id}`);
let text = '';
realtime.on('response.output_text.delta', ({ delta }) => {
  text += delta;
});
realtime.on('response.output_audio.delta', ({ delta }) => say(`audio: ${brief(delta)}`));
realtime.send({ type: 'response.create' });
say(`done: ${(await next('response.done')).response.status}, ${brief(text)}`);
const failed = next('error');
realtime.send({ type: 'response.cancel' });
await failed;
const unparsable = next('error');
current.webSocket.send('not JSON');
await unparsable;
let noticed = once(current.webSocket, 'close');
realtime.close({ code: 1000, reason: 'enough' });
await Promise.all([closed, noticed]);
realtime.send({ type: 'response.cancel' });

for (const [name, end] of [
  ['ended by code', ({ webSocket }) => webSocket.close(3000, 'session expired')],
  ['reset', ({ socket }) => socket.destroy()],
]) {
  const other = open(name);
  await other.next('session.created');
  noticed = once(current.webSocket, 'close');
  end(current);
  await Promise.all([other.closed, noticed]);
}
for (const status of ['401 Unauthorized', '302 Found']) {
  refusals.push(status);
  await open(status).closed;
}

// The client's own recovery: an end, a refusal that it tries again after, and one that is final.
const { realtime: recovering, next: nextOf } = open('recovering', { reconnect: true, reconnectInitialDelay: 1 });
recovering.on('reconnecting', ({ attempt, closeCode }) => say(`reconnecting ${attempt} after ${closeCode}`));
await nextOf('session.created');
refusals.push('503 Service Unavailable');
const reconnected = nextOf('reconnected');
current.webSocket.close(1012, 'restart');
await reconnected;
say('reconnected');
const ended = nextOf('close');
refusals.push('403 Forbidden');
current.socket.destroy();
say(`final: close ${await ended}`);
await new Promise((resolve) => https.close(resolve));
exchanged(
  'sessions, audio and text over TLS, an event of 20 MB; codes, a lost connection, refusals, recovery by the package',
);
