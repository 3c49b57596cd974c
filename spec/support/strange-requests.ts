import { connect } from 'node:net';

/** Targets that a URL parser, a router or a check of a topic may not expect. */
const TARGETS = [
  '/',
  '//',
  '/%',
  '*',
  'http://[',
  '/__proto__',
  '/?topic=news//x',
  `/?${'topic=news/x&'.repeat(3)}topic=${'news/x'.repeat(100)}`,
  `/?${Array.from({ length: 300 }, (_, index) => `topic=news/${index}`).join('&')}`,
  '/?lastEventId=%00%ff',
  '/news//x',
];
const UPGRADE =
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';

/** Sends requests that nobody expects, one after the other. After the last one, a server that has failed has ended, or refuses. */
export async function sendStrangeRequests(port: number): Promise<void> {
  for (const target of TARGETS) {
    for (const method of ['GET', 'POST', 'OPTIONS'])
      await send(port, `${method} ${target} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n`);
    await send(port, `GET ${target} HTTP/1.1\r\nHost: x\r\n${UPGRADE}\r\n`);
  }
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
