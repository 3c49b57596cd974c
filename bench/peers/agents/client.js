// One client. Prints how many messages or events it receives or sends per second.
import { connect } from 'node:net';

const { who, port, seconds, payload, direction } = JSON.parse(process.argv[2]);
const url = `ws://127.0.0.1:${port}/`;
const WARM_UP = Math.min(500, seconds * 500);
// Reads the clock once per this many messages, because timers do not run while a client keeps the event loop busy.
const EVERY = 256;
let [count, first, start, before] = [0, 0, 0, 0];

function took(messages = 1) {
  const last = count;
  count += messages;
  if (Math.floor(last / EVERY) === Math.floor(count / EVERY)) return;
  const now = performance.now();
  if (first === 0) first = now;
  else if (start === 0) {
    if (now - first >= WARM_UP) [start, before] = [now, count];
  } else if (now - start >= seconds * 1000) {
    console.log(JSON.stringify({ rate: (count - before) / ((now - start) / 1000) }));
    process.exit();
  }
}

const LIBRARIES = {
  pushwire: () => import('../../../dist/index.js'),
  ws: () => import('ws'),
  undici: () => import('undici'),
  eventsource: () => import('eventsource'),
};

async function receive() {
  if (who === 'bare net') {
    const socket = connect(port, '127.0.0.1');
    socket.write(
      'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
    );
    const each = payload + (payload < 126 ? 2 : 4);
    socket.on('data', (chunk) => {
      took(chunk.length / each);
    });
    return;
  }
  const { WebSocket } = await LIBRARIES[who.split(' ')[0]]();
  const socket = who === 'undici' ? new WebSocket(url) : new WebSocket(url, { perMessageDeflate: false });
  if (who === 'undici') {
    socket.onmessage = () => took();
  } else {
    socket.on('message', () => took());
  }
}

async function send() {
  const { WebSocket } = await LIBRARIES[who.split(' ')[0]]();
  const socket = who === 'undici' ? new WebSocket(url) : new WebSocket(url, { perMessageDeflate: false });
  await new Promise((resolve) => socket.addEventListener('open', resolve, { once: true }));
  const message = Buffer.alloc(payload, 'x');
  const LIMIT = 256 * 1024;
  const more = () => {
    // Enough that the socket always has something to send, and no more.
    while (socket.bufferedAmount < LIMIT) {
      socket.send(message);
      took();
    }
    setImmediate(more);
  };
  more();
}

async function listen() {
  const { EventSource } = await LIBRARIES[who]();
  const source = new EventSource(url.replace('ws:', 'http:'));
  source.onmessage = () => took();
}

void { receive, send, listen }[direction]();
