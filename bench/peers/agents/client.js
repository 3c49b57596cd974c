// One client of each kind: tells how many messages, or events, it takes or sends in a second.
import { once } from 'node:events';
import { connect } from 'node:net';

const { who, port, seconds, payload, direction } = JSON.parse(process.argv[2]);
const url = `ws://127.0.0.1:${port}/`;
let count = 0;

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
      count += chunk.length / each;
    });
    return;
  }
  const { WebSocket } = await LIBRARIES[who.split(' ')[0]]();
  const socket = who === 'undici' ? new WebSocket(url) : new WebSocket(url, { perMessageDeflate: false });
  if (who === 'undici') {
    socket.onmessage = () => {
      count++;
    };
  } else {
    socket.on('message', () => {
      count++;
    });
  }
}

async function send() {
  const { WebSocket } = await LIBRARIES[who.split(' ')[0]]();
  const socket = who === 'undici' ? new WebSocket(url) : new WebSocket(url, { perMessageDeflate: false });
  await new Promise((resolve) => socket.addEventListener('open', resolve, { once: true }));
  const message = Buffer.alloc(payload, 'x');
  const LIMIT = 256 * 1024;
  const more = () => {
    // So many that the socket always has something to send, and no more.
    while (socket.bufferedAmount < LIMIT) {
      socket.send(message);
      count++;
    }
    setImmediate(more);
  };
  more();
}

async function listen() {
  const { EventSource } = await LIBRARIES[who]();
  const source = new EventSource(url.replace('ws:', 'http:'));
  source.onmessage = () => {
    count++;
  };
  await once(source, 'open').catch(() => {});
}

void { receive, send, listen }[direction]();
const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
while (count === 0) await wait(5);
await wait(Math.min(500, seconds * 500));
console.log('begin');
const [before, start] = [count, performance.now()];
await wait(seconds * 1000);
console.log(JSON.stringify({ rate: (count - before) / ((performance.now() - start) / 1000) }));
process.exit();
