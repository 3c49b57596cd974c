import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { EventSource, WebSocket } from 'pushwire';
import { Example } from '../example.js';
import { checkEnd, checkEvents, checkRefusals, dataOf, headers } from '../exchange.js';

// The adapter has the types that NestJS asks for.
await promisify(execFile)(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'nestjs']);
const example = await Example.start('nestjs', { command: ['--import', 'tsx', 'server.ts'] });
await checkEvents(example, { 'access-control-allow-origin': 'https://app.example', 'x-powered-by': 'Express' });
assert.deepEqual(await dataOf(new EventSource(`${example.url}/count`), 3), ['0', '1', '2']);

const socket = new WebSocket(`${example.socketUrl}/echo`, { headers });
await once(socket, 'open');
const received = [];
socket.on('message', (data) => received.push(JSON.parse(data)));
async function ask(event, data, answers) {
  received.length = 0;
  socket.send(JSON.stringify({ event, data }));
  while (received.length < answers.length) await once(socket, 'message');
  assert.deepEqual(received, answers);
}
await ask('echo', { nested: ['grüße'] }, [{ event: 'echo', data: { nested: ['grüße'] } }]);
await ask(
  'count',
  3,
  [0, 1, 2].map((data) => ({ event: 'count', data })),
);
for (const wrong of ['not JSON', 'null', '{"event":"missing"}', Buffer.alloc(10)]) socket.send(wrong);
await ask('echo', 'still here', [{ event: 'echo', data: 'still here' }]);
received.length = 0;
socket.send(JSON.stringify({ event: 'fails' }));
while (received.length < 1) await once(socket, 'message');
assert.deepEqual([received[0].event, received[0].data.message], ['exception', 'as asked']);
await checkRefusals(example);
socket.close();
await once(socket, 'close');
await checkEnd(example);
console.log('events, an Observable, and resume with CORS, a gateway on WebSocketServer, types, 401, 404, 500, SIGTERM');
