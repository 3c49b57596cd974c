// A client of MQTT.js, and the broker Aedes on `createWebSocketStream()`.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { Aedes } from 'aedes';
import mqtt from 'mqtt';
import { createWebSocketStream, WebSocketServer } from 'ws';
import { brief, briefError, exchanged, say, sayApart } from '../transcript.js';

const broker = await Aedes.createBroker();
broker.authenticate = (_client, username, _password, decide) => decide(null, username !== 'nobody');
const http = createServer();
const server = new WebSocketServer({
  server: http,
  handleProtocols: (protocols) => (protocols.has('mqtt') ? 'mqtt' : false),
  verifyClient: ({ req }) => req.url !== '/refused',
});
const transports = [];
server.on('connection', (socket, request) => {
  const sayAtBroker = sayApart(`broker, connection ${transports.push(request.socket)}`);
  sayAtBroker(`protocol ${socket.protocol}`);
  const stream = createWebSocketStream(socket);
  stream.on('error', (error) => sayAtBroker(`stream error ${briefError(error)}`));
  stream.on('close', () => sayAtBroker('stream closed'));
  socket.on('close', (code, reason) => sayAtBroker(`close ${code} ${reason}`));
  broker.handle(stream, request);
});
http.listen(0, '127.0.0.1');
await once(http, 'listening');
const url = `ws://127.0.0.1:${http.address().port}`;
const next = (client, event) => new Promise((resolve) => client.once(event, (...what) => resolve(what)));
/** The next message of a topic. After a reset, the broker also repeats those that were not acknowledged. */
function nextOf(client, topic) {
  return new Promise((resolve) => {
    client.on('message', function receive(received, payload) {
      if (received !== topic) return;
      client.off('message', receive);
      resolve(payload);
    });
  });
}
const settings = { reconnectPeriod: 10, connectTimeout: 2_000 };

const one = await mqtt.connectAsync(url, { ...settings, clientId: 'one', clean: false });
const two = await mqtt.connectAsync(url, {
  ...settings,
  clientId: 'two',
  will: { topic: 'last/words', payload: 'two is gone', qos: 1 },
});
await one.subscribeAsync(['topic/#', 'last/#'], { qos: 2 });
async function deliver(payload, qos) {
  const received = nextOf(one, 'topic/a');
  await two.publishAsync('topic/a', payload, { qos });
  say(`qos ${qos}: ${brief(await received, Buffer.isBuffer(payload))}`);
}
for (const qos of [0, 1, 2]) {
  await deliver(`hello ${qos}`, qos);
  await deliver(Buffer.alloc(1_000_000, 7), qos);
}
const received = [];
const all = new Promise((resolve) => {
  one.on('message', (topic, payload) => {
    if (topic === 'topic/count' && received.push(String(payload)) === 1_000) resolve();
  });
});
for (let number = 0; number < 1_000; number++) two.publish('topic/count', String(number), { qos: 1 });
await all;
say(`${received.length} messages, in order ${received.every((text, index) => text === String(index))}`);

say('a reset, and a message meanwhile');
const offline = next(one, 'close');
const again = next(one, 'connect');
transports[0].resetAndDestroy();
await offline;
const kept = nextOf(one, 'topic/kept');
await two.publishAsync('topic/kept', 'for later', { qos: 1 });
say(`session present ${(await again)[0].sessionPresent}, ${await kept}`);

say('the last will of a client that is reset');
const will = nextOf(one, 'last/words');
const left = next(two, 'close');
two.options.reconnectPeriod = 0;
transports[1].resetAndDestroy();
say(String(await will));
await left;

async function fail(path, options) {
  const client = mqtt.connect(url + path, { ...settings, reconnectPeriod: 0, ...options });
  client.on('error', (error) => say(`error ${briefError(error)}`));
  await next(client, 'close');
  say('close');
  await client.endAsync(true);
}
say('a wrong user');
await fail('', { username: 'nobody', password: 'secret' });
say('a refused handshake');
await fail('/refused', {});
say('nothing listens');
await fail('', { port: 1 });
await two.endAsync();
await one.endAsync();
say(`connected ${one.connected}`);
await Promise.all([...server.clients].map((socket) => once(socket, 'close')));
server.close();
await new Promise((resolve) => http.close(resolve));
await new Promise((resolve) => broker.close(resolve));
exchanged(
  'with the broker Aedes on `createWebSocketStream()`: each quality of service, 1 MB, 1000 messages, a last will, a reset with a persistent session, refusals',
);
