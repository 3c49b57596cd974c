/** Functions of the options of a client that throw. */
import { Agent, type ClientRequest } from 'node:http';
import { connect, type NetConnectOpts } from 'node:net';
import type { ClientOptions, WebSocket } from 'ws';
import { redirect, startHttp } from './handshakes.ts';
import { closeOf, portOf, quiet, startServer, type Twin, twins } from './twin.ts';

const boom = (): never => {
  throw new Error('boom');
};

/** A client with a function that throws: where the error arrives. */
const throwing =
  (optionsOf: () => object): Twin['record'] =>
  async (library) => {
    const server = await startServer(library);
    const events: unknown[] = [];
    let socket: WebSocket;
    try {
      socket = new library.WebSocket(`ws://localhost:${portOf(server)}`, {
        family: 4,
        ...optionsOf(),
      } as ClientOptions);
    } catch (error) {
      return `throws ${(error as Error).message}`;
    }
    events.push(['constructed', socket.readyState]);
    socket.on('error', ({ message }) => events.push(['error', message, socket.readyState]));
    socket.on('open', () => socket.terminate());
    const closed = await closeOf(socket);
    return [...events, closed];
  };

const failingAgent = (): Agent => Object.assign(new Agent(), { createConnection: boom });

/** A client that is redirected once, with a function that throws in its second call. */
const throwingLater = (name: string): Twin['record'] => {
  let calls = 0;
  return async (library) => {
    calls = 0;
    const call = (...args: unknown[]): unknown => {
      if (++calls > 1) boom();
      if (name === 'createConnection') return connect(args[0] as NetConnectOpts);
      (args[2] as (error: null, address: string, family: number) => void)(null, '127.0.0.1', 4);
      return undefined;
    };
    const http = await startHttp((_request, port) => redirect(`ws://localhost:${port}/to`));
    const options = { followRedirects: true, autoSelectFamily: false, [name]: call } as ClientOptions;
    const events: unknown[] = [];
    const socket = new library.WebSocket(`ws://localhost:${portOf(http)}`, options);
    socket.on('error', ({ message }) => events.push(message));
    const closed = await closeOf(socket);
    return [...events, closed, calls];
  };
};

twins('functions of the options that throw', [
  { title: 'lookup', record: throwing(() => ({ lookup: boom })) },
  { title: 'lookup, and null as the agent', record: throwing(() => ({ lookup: boom, agent: null })) },
  { title: 'lookup, with an agent', record: throwing(() => ({ lookup: boom, agent: new Agent() })) },
  { title: 'lookup, with agent: false', record: throwing(() => ({ lookup: boom, agent: false })) },
  { title: 'createConnection', record: throwing(() => ({ createConnection: boom })) },
  { title: 'createConnection, with agent: false', record: throwing(() => ({ createConnection: boom, agent: false })) },
  { title: 'addRequest of an agent', record: throwing(() => ({ agent: { addRequest: boom } })) },
  { title: 'createConnection of an agent', record: throwing(() => ({ agent: failingAgent() })) },
  {
    title: 'finishRequest',
    record: throwing(() => ({
      finishRequest: (_request: ClientRequest, socket: WebSocket) => {
        quiet(socket);
        boom();
      },
    })),
  },
  { title: 'lookup, after a redirect', record: throwingLater('lookup') },
  { title: 'createConnection, after a redirect', record: throwingLater('createConnection') },
]);
