// Repeatedly sends 100 messages to one client in one turn of the event loop, and prints how many the server sends per second.
// The client runs in its own process and discards what it reads.
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { createSession } from 'better-sse';
import * as ws from 'ws';
import * as pushwire from '../../../dist/index.js';

const { who, size, seconds } = JSON.parse(process.argv[2]);
const BURST = 100;
const data = 'x'.repeat(size);

/** Each opens a stream and returns a function that sends one message. */
const SENDERS = {
  pushwire: (request, response) => {
    const stream = pushwire.EventStream.open(request, response, { heartbeat: 0 });
    return () => stream.send(data);
  },
  'response.write': (_request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    return () => response.write(`data: ${data}\n\n`);
  },
  'better-sse': async (request, response) => {
    const session = await createSession(request, response, { keepAlive: null, retry: null, serializer: String });
    return () => session.push(data);
  },
};
const WEBSOCKETS = {
  'WebSocket of pushwire': new pushwire.WebSocketServer({ noServer: true }),
  'WebSocket of ws': new ws.WebSocketServer({ noServer: true }),
};

const server = createServer(async (request, response) =>
  measure(request.socket, await SENDERS[who](request, response)),
);
server.on('upgrade', (request, socket, head) => {
  WEBSOCKETS[who].handleUpgrade(request, socket, head, (webSocket) => measure(socket, () => webSocket.send(data)));
});
server.listen(0, '127.0.0.1', () => {
  const upgrade =
    who in WEBSOCKETS
      ? 'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'
      : '';
  const client = `require('node:net').connect(${server.address().port}, '127.0.0.1').on('error', () => {}).resume().write(${JSON.stringify(`GET / HTTP/1.1\r\nHost: a\r\n${upgrade}\r\n`)})`;
  const child = spawn(process.execPath, ['-e', client], { stdio: 'ignore' });
  process.on('exit', () => child.kill());
});

const turn = () => new Promise(setImmediate);

async function measure(socket, send) {
  const rate = async (milliseconds) => {
    let sent = 0;
    let spent = 0;
    while (spent < milliseconds) {
      while (socket.writableLength > 0) await turn();
      const start = performance.now();
      for (let index = 0; index < BURST; index++) send();
      // Includes the writes at the end of the turn.
      await turn();
      spent += performance.now() - start;
      sent += BURST;
    }
    return (1000 * sent) / spent;
  };
  await rate(200);
  console.log(JSON.stringify({ rate: await rate(1000 * seconds) }));
  process.exit();
}
