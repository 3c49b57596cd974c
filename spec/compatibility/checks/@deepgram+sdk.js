// The live clients of the Deepgram SDK, and a small server: audio in bytes for text, and text for audio in bytes.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { DeepgramClient } from '@deepgram/sdk';
import { WebSocketServer } from 'ws';
import { brief, exchanged, say, sayApart } from '../transcript.js';

const http = createServer();
const server = new WebSocketServer({ noServer: true });
const sayAtServer = sayApart('server');
let refusal;
let current;
http.on('upgrade', (request, socket, head) => {
  sayAtServer(`${request.url}, ${request.headers.authorization}`);
  if (refusal !== undefined) {
    return socket.end(
      `HTTP/1.1 ${refusal}\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}`,
    );
  }
  server.handleUpgrade(request, socket, head, (webSocket) => {
    current = { webSocket, socket };
    webSocket.on('close', (code, reason) => sayAtServer(`close ${code} ${reason}`));
    const send = (message) => webSocket.send(JSON.stringify(message));
    if (request.url.startsWith('/v1/speak')) return speak(webSocket, send);
    let bytes = 0;
    webSocket.on('message', (data, isBinary) => {
      if (isBinary) {
        bytes += data.length;
        const alternatives = [{ transcript: `${bytes} bytes, the last is ${data.at(-1)}`, confidence: 1, words: [] }];
        return send({ type: 'Results', is_final: true, start: 0, duration: 1, channel: { alternatives } });
      }
      const { type } = JSON.parse(data);
      sayAtServer(type);
      if (type === 'CloseStream') {
        send({ type: 'Metadata', request_id: 'request', duration: bytes, channels: 1 });
        webSocket.close(1000, 'the stream is closed');
      }
    });
  });
});

/** Answers each text with its bytes, a hundred times, in pieces. */
function speak(webSocket, send) {
  webSocket.on('message', (data) => {
    const { type, text } = JSON.parse(data);
    sayAtServer(`${type} ${text ?? ''}`);
    if (type === 'Speak') for (let index = 0; index < 3; index++) webSocket.send(Buffer.from(text.repeat(20_000)));
    if (type === 'Flush') send({ type: 'Flushed', sequence_id: 1 });
    if (type === 'Close') webSocket.close();
  });
}
http.listen(0, '127.0.0.1');
await once(http, 'listening');
const baseUrl = `ws://127.0.0.1:${http.address().port}`;
const client = new DeepgramClient({ apiKey: 'secret', baseUrl });

/** Connects, and records what happens. `next()` resolves with the next message of the type. */
async function open(name, resource, options) {
  const socket = await resource.connect({ reconnectAttempts: 0, ...options });
  const waiting = [];
  const opened = new Promise((resolve) => {
    socket.on('open', () => resolve(say(`${name}: open`)));
  });
  socket.on('message', async (data) => {
    const isAudio = typeof data !== 'object' || data.type === undefined || data instanceof Blob;
    const bytes = data instanceof Blob ? await data.arrayBuffer() : data;
    say(
      `${name}: ${isAudio ? `${data.constructor.name}, ${brief(bytes, true)}` : (data.channel?.alternatives[0].transcript ?? brief(JSON.stringify(data)))}`,
    );
    for (const look of waiting.splice(0)) look();
  });
  socket.on('error', ({ message }) => say(`${name}: error ${message}`));
  const closed = new Promise((resolve) => {
    socket.on('close', ({ code, reason, type }) => resolve(say(`${name}: ${type} ${code} ${reason}`)));
  });
  const next = () => new Promise((resolve) => waiting.push(resolve));
  socket.connect();
  return { socket, opened, closed, next };
}

const listening = await open('listen', client.listen.v1, {
  model: 'nova-3',
  encoding: 'linear16',
  sample_rate: 16_000,
});
await listening.opened;
for (const audio of [new Uint8Array([1, 2, 3]).buffer, new Uint8Array(100_000).fill(4), Buffer.alloc(1_000_000, 5)]) {
  const result = listening.next();
  listening.socket.sendMedia(audio);
  await result;
}
listening.socket.sendMedia(new Blob([new Uint8Array(10).fill(6)]));
await listening.next();
listening.socket.sendKeepAlive({ type: 'KeepAlive' });
const metadata = listening.next();
let noticed = once(current.webSocket, 'close');
listening.socket.sendCloseStream({ type: 'CloseStream' });
await Promise.all([metadata, listening.closed, noticed]);

const speaking = await open('speak', client.speak.v1, { model: 'aura', encoding: 'linear16' });
await speaking.opened;
speaking.socket.sendText({ type: 'Speak', text: 'hello' });
for (let index = 0; index < 3; index++) await speaking.next();
const flushed = speaking.next();
speaking.socket.sendFlush({ type: 'Flush' });
await flushed;
noticed = once(current.webSocket, 'close');
speaking.socket.close();
await noticed;

for (const [name, end] of [
  ['reset', ({ socket }) => socket.resetAndDestroy()],
  ['end', ({ webSocket }) => webSocket.close(1011, 'no audio')],
]) {
  const other = await open(name, client.listen.v1, { model: 'nova-3' });
  await other.opened;
  noticed = once(current.webSocket, 'close');
  end(current);
  await Promise.all([other.closed, noticed]);
  try {
    other.socket.sendMedia(Buffer.alloc(1));
  } catch ({ message }) {
    say(`${name}: ${message}`);
  }
}
refusal = '402 Payment Required';
const refused = await open('refused', client.listen.v1, { model: 'nova-3' });
await refused.socket.waitForOpen().catch(({ type, message }) => say(`refused: ${type} ${message}`));
refused.socket.close();
await new Promise((resolve) => http.close(resolve));
exchanged(
  'speech to text with each type of bytes, and text to speech; the end of a stream, a reset, a code, a refusal',
);
