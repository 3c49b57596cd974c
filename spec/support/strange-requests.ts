import { once } from 'node:events';
import { connect } from 'node:net';
import { onTestFinished } from 'vitest';
import { everyNth } from './full-run.ts';

/** Targets that a URL parser, a router or a check of a topic may not expect. */
const ALL_TARGETS = [
  '/',
  '//',
  '*',
  'http://[',
  '/__proto__',
  '/news//x',
  '/%',
  '/?topic=news//x',
  `/?${'topic=news/x&'.repeat(3)}topic=${'news/x'.repeat(100)}`,
  `/?${Array.from({ length: 300 }, (_, index) => `topic=news/${index}`).join('&')}`,
  '/?lastEventId=%00%ff',
  '/events?topic=%0A',
  '/events?lastEventId=%0D%0A',
];
/**
 * `npm test` sends a few of them to each of the many servers of examples and documents: one of each kind, such as a URL that is invalid, a
 * path that cannot be decoded, many topics, and an id with line breaks.
 */
const TARGETS = everyNth(3, ALL_TARGETS, (target) => `strange request ${target}`);
const UPGRADE =
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';

const LONG = 'x'.repeat(700_000);

/** Sends requests that nobody expects, one after the other. After the last one, a server that has failed has ended, or refuses. */
export async function sendStrangeRequests(port: number): Promise<void> {
  for (const target of TARGETS) {
    for (const method of ['GET', 'POST', 'OPTIONS'])
      await send(port, `${method} ${target} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n`);
    await send(port, `GET ${target} HTTP/1.1\r\nHost: x\r\n${UPGRADE}\r\n`);
  }
  const bodies = ['/', '/news/x'].flatMap((target) => {
    const head = `POST ${target} HTTP/1.1\r\nHost: x\r\n`;
    return [
      `${head}Content-Length: 700000\r\n\r\n${LONG}`,
      `${head}Transfer-Encoding: chunked\r\n\r\naae60\r\n${LONG}\r\n0\r\n\r\n`,
    ];
  });
  for (const request of bodies) await sendBody(port, request);
  for (const target of ['/', '/news/x'])
    await send(port, `POST ${target} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nbreaks off`);
  await send(port, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n');
}

/** Opens connections whose clients wait for something: a path without a topic, topics, a WebSocket, and no request at all. */
export async function connectSilently(port: number): Promise<void> {
  const heads = ['GET / HTTP/1.1', 'GET /?topic=news/x HTTP/1.1', 'GET /events HTTP/1.1'].map(
    (line) => `${line}\r\nHost: x\r\n`,
  );
  for (const request of [...heads.flatMap((head) => [`${head}\r\n`, `${head}${UPGRADE}\r\n`]), undefined]) {
    const socket = connect(port, 'localhost');
    socket.on('error', () => {});
    onTestFinished(() => void socket.destroy());
    await once(socket, 'connect');
    if (request === undefined) continue;
    socket.write(request);
    await once(socket, 'data');
    // As a client does that receives a Close frame.
    if (request.includes(UPGRADE)) socket.on('data', () => socket.end());
  }
}

/** Sends a long body, and resolves when the server has answered, or has read another request: it need not read the body. */
async function sendBody(port: number, request: string): Promise<void> {
  const socket = connect(port, 'localhost', () => socket.write(request));
  socket.on('error', () => {});
  await once(socket, 'connect');
  await Promise.race([
    new Promise((resolve) => socket.once('data', resolve).once('close', resolve)),
    send(port, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'),
  ]);
  socket.destroy();
}

/** Resolves when the server has answered, or ended the connection: it does so after the end of a client that it does not answer. */
function send(port: number, request: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, 'localhost', () => socket.end(request));
    socket.once('data', () => socket.destroy());
    socket.once('close', () => resolve());
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED') reject(new Error(`The server has ended before the request ${request}`));
    });
  });
}
