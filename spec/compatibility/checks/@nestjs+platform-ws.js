// A NestJS application with two gateways on its HTTP server: handlers, streams of answers, guards, exceptions.
import 'reflect-metadata';
import { once } from 'node:events';
import { Module, UseGuards } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { WsAdapter } from '@nestjs/platform-ws';
import {
  ConnectedSocket,
  MessageBody,
  SubscribeMessage,
  WebSocketGateway,
  WebSocketServer,
  WsException,
} from '@nestjs/websockets';
import { interval, map, take } from 'rxjs';
import { WebSocket } from 'ws';
import { brief, briefError, exchanged, say, sayApart, watch } from '../transcript.js';

/** Applies what TypeScript writes as decorators. */
function decorate(gateway, path, options, methods, guarded = []) {
  for (const name of methods) {
    MessageBody()(gateway.prototype, name, 0);
    ConnectedSocket()(gateway.prototype, name, 1);
    const descriptor = Object.getOwnPropertyDescriptor(gateway.prototype, name);
    SubscribeMessage(name)(gateway.prototype, name, descriptor);
    if (guarded.includes(name)) UseGuards({ canActivate: () => false })(gateway.prototype, name, descriptor);
  }
  WebSocketServer()(gateway.prototype, 'server');
  WebSocketGateway({ path, ...options })(gateway);
}

class Chat {
  connections = 0;
  afterInit(server) {
    say(`initialized with a server, path ${server.path}`);
  }
  handleConnection(client, request) {
    client.sayHere = sayApart(`chat, connection ${++this.connections}`);
    client.sayHere(`connected, user ${request.headers['x-user']}`);
    client.transport = request.socket;
    client.on('exception', (exception) => client.sayHere(`exception ${JSON.stringify(exception)}`));
    client.on('error', (error) => client.sayHere(`error ${briefError(error)}`));
    client.on('close', (code, reason) => client.sayHere(`close ${code} ${reason}`));
  }
  handleDisconnect(client) {
    client.sayHere('has left');
  }
  echo(data) {
    return { event: 'echo', data };
  }
  count(to) {
    return interval(1).pipe(
      take(to),
      map((data) => ({ event: 'count', data })),
    );
  }
  all(data) {
    for (const client of this.server.clients) client.send(JSON.stringify({ event: 'all', data }));
  }
  guarded() {
    return { event: 'guarded', data: 'never' };
  }
  fails() {
    throw new WsException('as asked');
  }
  bytes(length, client) {
    client.send(Buffer.alloc(length, 7));
  }
  leave(code, client) {
    client.close(code, 'as asked');
  }
  reset(_, client) {
    client.transport.resetAndDestroy();
  }
}
const chatMethods = ['echo', 'count', 'all', 'guarded', 'fails', 'bytes', 'leave', 'reset'];
decorate(Chat, '/chat', { maxPayload: 300_000, perMessageDeflate: true }, chatMethods, ['guarded']);

class Strict {
  hello(name) {
    return { event: 'hello', data: name };
  }
}
decorate(Strict, '/strict', { verifyClient: ({ req }) => req.headers['x-user'] !== undefined }, ['hello']);

class Application {}
Module({ providers: [Chat, Strict] })(Application);

const application = await NestFactory.create(Application, new ExpressAdapter(), { logger: false });
application.useWebSocketAdapter(new WsAdapter(application));
await application.listen(0, '127.0.0.1');
const url = `ws://127.0.0.1:${application.getHttpServer().address().port}`;
const headers = { 'x-user': 'alice' };

async function open(path) {
  const socket = new WebSocket(url + path, { headers });
  await once(socket, 'open');
  return socket;
}
async function ask(socket, event, data, answers = 1) {
  const received = [];
  const all = new Promise((resolve) => {
    socket.on('message', function receive(...message) {
      received.push(brief(...message));
      if (received.length < answers) return;
      socket.off('message', receive);
      resolve();
    });
  });
  socket.send(JSON.stringify({ event, data }));
  await all;
  say(`${event}: ${received.join(', ')}`);
}
const [one, two] = [await open('/chat'), await open('/chat')];
say(`extensions ${one.extensions}`);
await ask(one, 'echo', { nested: ['grüße'] });
await ask(one, 'echo', 'x'.repeat(200_000));
await ask(one, 'bytes', 200_000);
await ask(one, 'count', 5, 5);
const heard = once(two, 'message');
await ask(one, 'all', 'to both');
say(`the other client: ${(await heard)[0]}`);
for (const event of ['guarded', 'fails']) one.send(JSON.stringify({ event, data: null }));
for (const wrong of ['{"event":"unknown"}', 'not JSON', Buffer.alloc(10)]) one.send(wrong);
await ask(one, 'echo', 'still here');

async function end(socket, name, act) {
  const closed = watch(name, socket);
  act(socket);
  await closed;
}
const send = (event, data) => (socket) => socket.send(JSON.stringify({ event, data }));
await end(await open('/chat'), 'closed by the gateway', send('leave', 4000));
await end(await open('/chat'), 'reset', send('reset'));
await end(await open('/chat'), 'too large', (socket) => socket.send('x'.repeat(300_001)));
await end(two, 'closed by the client', (socket) => socket.close(4001, 'bye'));
const strict = await open('/strict');
await ask(strict, 'hello', 'bob');
await watch('no user', new WebSocket(`${url}/strict`));
await watch('unknown path', new WebSocket(`${url}/unknown`));
const ends = Promise.all([watch('one', one), once(strict, 'close')]);
await application.close();
say(`/strict: close ${(await ends)[1][0]}`);
exchanged(
  'two gateways: handlers, a stream of answers, a broadcast, guards and exceptions, compressed text and bytes; 401, an unknown path, closes with codes, a reset, the end of the application',
);
