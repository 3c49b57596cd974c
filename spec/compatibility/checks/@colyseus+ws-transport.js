// A game server of Colyseus and its client: a room with state, messages, bytes and requests, through each way to end.
import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:http';
import { Room, Server } from '@colyseus/core';
import { schema, t } from '@colyseus/schema';
import { WebSocketTransport } from '@colyseus/ws-transport';
import { WebSocket } from 'ws';
import { exchanged, say, sayApart } from '../transcript.js';

// Colyseus wants a global class, and its client prefers that one: on Node 20, there is none, and later, it would be Node's own.
globalThis.WebSocket = WebSocket;
const { Client } = await import('@colyseus/sdk');
for (const method of ['info', 'warn', 'error']) console[method] = () => {};

const Player = schema({ name: t.string(), x: t.number() });
const State = schema({ players: t.map(Player), turn: t.number() });
const sayInRoom = sayApart('room');
const noticed = new EventEmitter();
function see(line) {
  sayInRoom(line);
  noticed.emit(line);
}

class Game extends Room {
  state = new State();

  onCreate() {
    this.patchRate = 10;
    this.seatReservationTimeout = 0.5;
    this.state.turn = 0;
    this.onMessage('move', (client, x) => {
      this.state.players.get(client.sessionId).x = x;
      this.state.turn += 1;
    });
    this.onMessage('say', (client, text) => this.broadcast('said', text, { except: client }));
    this.onMessageBytes('bytes', (_, bytes) => this.broadcastBytes('bytes', bytes, {}));
    this.onMessage('sum', (_, numbers) => numbers.reduce((sum, number) => sum + number, 0));
    this.onMessage('leave', (client, code) => client.leave(code, 'as asked'));
  }

  onJoin(client, { name }) {
    if (name === 'mallory') throw new Error('mallory may not join');
    this.state.players.set(client.sessionId, new Player({ name, x: 0 }));
    see(`joined: ${name}`);
  }

  async onDrop(client, code) {
    see(`dropped: ${this.nameOf(client)} ${code}`);
    if (this.nameOf(client) === 'alice' && code === 1006) await this.allowReconnection(client, 5);
  }

  onReconnect(client) {
    see(`reconnected: ${this.nameOf(client)}`);
  }

  onLeave(client, code) {
    see(`left: ${this.nameOf(client)} ${code}`);
    this.state.players.delete(client.sessionId);
  }

  nameOf(client) {
    return this.state.players.get(client.sessionId)?.name;
  }
}

const http = createServer();
const sockets = [];
http.on('upgrade', (_, socket) => sockets.push(socket));
const transport = new WebSocketTransport({
  server: http,
  maxPayload: 1_000_000,
  beforeUpgrade: (_, { token }) => (token === 'banned' ? new Response('banned', { status: 401 }) : undefined),
});
const server = new Server({ transport, greet: false, gracefullyShutdown: false });
server.define('game', Game);
await server.listen(0, '127.0.0.1');
const url = `http://127.0.0.1:${http.address().port}`;

const stateOf = ({ state }) =>
  `turn ${state.turn}, ${[...state.players.values()].map(({ name, x }) => `${name} ${x}`)}`;
const until = (room, condition) =>
  new Promise((resolve) => {
    const look = () => condition(room.state) && resolve();
    room.onStateChange(look);
    look();
  });

async function join(name) {
  const room = await new Client(url).joinOrCreate('game', { name });
  Object.assign(room.reconnection, { minUptime: 0, minDelay: 1, delay: 1 });
  await until(room, ({ players }) => [...(players?.values() ?? [])].some((player) => player.name === name));
  return room;
}
const alice = await join('alice');
const bob = await join('bob');
for (let x = 1; x <= 20; x++) (x % 2 ? alice : bob).send('move', x);
for (const room of [alice, bob]) {
  await until(room, ({ turn }) => turn === 20);
  say(`state: ${stateOf(room)}`);
}
const said = [];
const heard = new Promise((resolve) => bob.onMessage('said', (text) => said.push(text) === 3 && resolve()));
for (const text of ['hello', 'ü'.repeat(10), 'x'.repeat(900_000)]) alice.send('say', text);
await heard;
say(`said: ${said.map((text) => `${text.length} ${text.slice(0, 10)}`)}`);

// sendBytes() writes each message to the same buffer, and calls send() of the WebSocket with it: the bytes must not be read later.
const bytes = [];
const received = new Promise((resolve) => {
  bob.onMessage('bytes', (data) => bytes.push(`${data.length} ${new Set(data).size} ${data[0]}`) === 4 && resolve());
});
for (const [value, length] of [
  [1, 10],
  [2, 100_000],
  [3, 100_000],
  [4, 300_000],
]) {
  alice.sendBytes('bytes', new Uint8Array(length).fill(value));
}
await received;
say(`bytes: ${bytes.join(', ')}`);
say(`request: ${await alice.request('sum', [1, 2, 3])}`);
await alice.request('nothing').catch(({ message }) => say(`request: ${message}`));

const dropped = new Promise((resolve) => alice.onDrop((code, reason) => resolve(`${code} "${reason}"`)));
const reconnected = new Promise((resolve) => alice.onReconnect(resolve));
sockets[0].resetAndDestroy();
say(`dropped: ${await dropped}`);
await reconnected;
alice.send('move', 99);
await until(alice, ({ turn }) => turn === 21);
say(`reconnected: ${stateOf(alice)}`);

const leaving = (room) => new Promise((resolve) => room.onLeave((code, reason) => resolve(`${code} "${reason}"`)));
const carol = await join('carol');
const carolLeft = leaving(carol);
carol.send('leave', 4321);
say(`carol left: ${await carolLeft}`);
const dave = await join('dave');
const daveLeft = leaving(dave);
const noticedDave = once(noticed, 'left: dave 1006');
dave.send('say', 'x'.repeat(1_100_000));
say(`dave left: ${await daveLeft}`);
await noticedDave;
const noticedBob = once(noticed, 'left: bob 4000');
say(`bob left: ${await bob.leave()}`);
await noticedBob;

await join('mallory').catch(({ code, message }) => say(`mallory: ${code} ${message}`));
const banned = new Client(url);
banned.auth.token = 'banned';
await banned.joinOrCreate('game', { name: 'eve' }).catch(({ code, message }) => say(`eve: ${code} ${message}`));
const aliceLeft = leaving(alice);
const closed = once(http, 'close');
await server.gracefullyShutdown(false);
say(`alice left: ${await aliceLeft}`);
await closed;
exchanged(
  'state, messages, bytes and requests of a room; a reset with reconnection, a message too big, codes, refusals',
);
