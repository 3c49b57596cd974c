// A PeerServer, and two peers that exchange their offers, answers and candidates through it.
import { once } from 'node:events';
import { createServer } from 'node:http';
import express from 'express';
import { ExpressPeerServer } from 'peer';
import { WebSocket, WebSocketServer } from 'ws';
import { brief, briefError, exchanged, say, sayApart, sayDifferent, watch } from '../transcript.js';

const app = express();
const http = createServer(app);
const sockets = [];
http.on('connection', (socket) => sockets.push(socket));
const peers = ExpressPeerServer(http, {
  path: '/',
  key: 'secret',
  concurrent_limit: 2,
  allow_discovery: true,
  createWebSocketServer: (options) => new WebSocketServer({ ...options, maxPayload: 1_000_000 }),
});
const sayAtServer = sayApart('server');
peers.on('connection', (client) => sayAtServer(`connection of ${client.getId()}`));
peers.on('message', (client, { type, dst }) => sayAtServer(`${client.getId()}: ${type} for ${dst}`));
peers.on('error', (error) => sayAtServer(`error ${briefError(error)}`));
peers.on('disconnect', (client) => sayAtServer(`disconnect of ${client.getId()}`));
app.use('/signal', peers);
http.listen(0, '127.0.0.1');
await once(http, 'listening');
const address = `127.0.0.1:${http.address().port}/signal`;
const connect = (query) => new WebSocket(`ws://${address}/peerjs?${new URLSearchParams({ key: 'secret', ...query })}`);
const listed = async () => (await (await fetch(`http://${address}/secret/peers`)).json()).sort().join();

/** A peer that is registered: it has received OPEN. */
async function open(id, token) {
  const socket = connect({ id, token });
  const [data, isBinary] = await once(socket, 'message');
  say(`${id}: ${brief(data, isBinary)}`);
  return socket;
}
const alice = await open('alice', '1');
const bob = await open('bob', '2');
say(`peers: ${await listed()}`);

async function send(from, to, message) {
  const received = once(to, 'message');
  from.send(JSON.stringify(message));
  const [data, isBinary] = await received;
  const { type, src, payload } = JSON.parse(data);
  say(`${type} of ${src}, ${isBinary ? 'binary' : 'text'}: ${brief(payload.sdp ?? payload.candidate)}`);
}
await send(alice, bob, { type: 'OFFER', dst: 'bob', payload: { sdp: 'v=0\r\n'.repeat(100_000) } });
await send(bob, alice, { type: 'ANSWER', dst: 'alice', payload: { sdp: 'v=0' } });
for (let index = 0; index < 10; index++) {
  await send(alice, bob, { type: 'CANDIDATE', dst: 'bob', payload: { candidate: `candidate ${index}` } });
}
alice.send(JSON.stringify({ type: 'HEARTBEAT' }));
alice.send('not JSON');

await watch('a third one', connect({ id: 'carol', token: '3' }));
await watch('a taken id', connect({ id: 'bob', token: '4' }));
await watch('no token', connect({ id: 'dave' }));
await watch('a wrong key', connect({ id: 'dave', token: '5', key: 'wrong' }));
const wrong = new WebSocket(`ws://${address}/nothing`);
const [refusal] = await once(wrong, 'error');
sayDifferent('another `path` is refused with 404 (RFC 6455 §4.2.2)', briefError(refusal), {
  ws: 'Error: Unexpected server response: 400',
  pushwire: 'Error: Unexpected server response: 404',
});

const disconnection = () => new Promise((resolve) => peers.once('disconnect', resolve));
let left = disconnection();
let closed = watch('alice', alice);
alice.close(4000, 'bye');
await Promise.all([closed, left]);
const again = await open('alice', '1');
left = disconnection();
closed = watch('alice again', again);
sockets.findLast((socket) => !socket.destroyed).resetAndDestroy();
await Promise.all([closed, left]);
left = disconnection();
closed = watch('bob', bob);
bob.send(JSON.stringify({ type: 'OFFER', dst: 'alice', payload: 'x'.repeat(1_000_000) }));
await Promise.all([closed, left]);
say(`peers: ${await listed()}`);
http.closeAllConnections();
await new Promise((resolve) => http.close(resolve));
exchanged(
  'offers, answers and candidates of two peers; a limit, a taken id, wrong keys, a wrong path, a reset, a message too big',
);
// The timers of a PeerServer have no end.
process.exit();
