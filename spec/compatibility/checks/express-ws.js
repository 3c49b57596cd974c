// An Express application with WebSocket routes: middleware, parameters, a router, broadcasts, refusals.
import { once } from 'node:events';
import express from 'express';
import expressWs from 'express-ws';
import { WebSocket } from 'ws';
import { brief, briefError, exchanged, say, sayApart, watch } from '../transcript.js';

const app = express();
const { getWss, applyTo } = expressWs(app, undefined, {
  wsOptions: { maxPayload: 200_000, verifyClient: ({ req }) => req.headers.origin !== 'http://evil.test' },
});
app.use((request, _, next) => {
  request.user = request.headers['x-user'] ?? 'nobody';
  next();
});
app.get('/', (_, response) => response.send('over HTTP'));
app.ws('/echo/:room', (socket, request) => {
  const sayAtServer = sayApart(`server, ${request.params.room}`);
  sayAtServer(`${request.user} in ${request.params.room}, query ${JSON.stringify(request.query)}`);
  socket.on('message', (data) => socket.send(data));
  socket.on('error', (error) => sayAtServer(`error ${briefError(error)}`));
  socket.on('close', (code, reason) => sayAtServer(`close ${code} ${reason}`));
});
app.ws('/members', (_, request, next) => (request.user === 'alice' ? next() : next(new Error('members only'))));
app.ws('/members', (socket) => {
  socket.send('welcome');
  socket.close(4002, 'no more to say');
});
const router = express.Router();
applyTo(router);
router.ws('/all', (socket) => {
  socket.on('message', (data) => {
    for (const client of getWss().clients) client.send(`to all: ${data}`);
  });
});
app.use('/router', router);
app.use((error, _request, response, _next) => response.status(500).send(error.message));
const server = app.listen(0, '127.0.0.1');
const tcp = [];
server.on('connection', (socket) => tcp.push(socket));
await once(server, 'listening');
const url = `127.0.0.1:${server.address().port}`;
const connect = (path, options) => new WebSocket(`ws://${url}${path}`, options);

const echo = connect('/echo/kitchen?a=1', { headers: { 'x-user': 'bob' } });
await once(echo, 'open');
for (const message of ['hello', 'x'.repeat(150_000), Buffer.alloc(150_000, 7), '', Buffer.alloc(0)]) {
  const answer = once(echo, 'message');
  echo.send(message);
  say(`echo: ${brief(...(await answer))}`);
}
say(`${getWss().clients.size} client, GET / ${await (await fetch(`http://${url}/`)).text()}`);
let closed = watch('echo', echo);
echo.close(4000, 'bye');
await closed;

const [one, two] = [connect('/router/all'), connect('/router/all')];
await Promise.all([once(one, 'open'), once(two, 'open')]);
const both = Promise.all([once(one, 'message'), once(two, 'message')]);
one.send('hello');
for (const [data, isBinary] of await both) say(`broadcast: ${brief(data, isBinary)}`);
closed = Promise.all([once(one, 'close'), once(two, 'close')]);
for (const client of getWss().clients) client.terminate();
for (const [code] of await closed) say(`terminated: close ${code}`);

await watch('a member', connect('/members', { headers: { 'x-user': 'alice' } }));
await watch('not a member', connect('/members'));
await watch('no route', connect('/missing'));
await watch('an evil origin', connect('/echo/a', { origin: 'http://evil.test' }));
const large = connect('/echo/large');
large.on('open', () => large.send('x'.repeat(200_001)));
await watch('too large', large);
const reset = connect('/echo/reset');
reset.on('open', () => tcp.at(-1).resetAndDestroy());
await watch('reset', reset);
getWss().close();
await new Promise((resolve) => server.close(resolve));
exchanged(
  'routes with middleware and parameters, a router, broadcasts, text and bytes, a wrong origin, routes that refuse, a reset',
);
