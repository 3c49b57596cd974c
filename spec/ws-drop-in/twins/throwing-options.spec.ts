/** Functions of the options of a client that throw. */
import { Agent, type ClientRequest } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { connect, type NetConnectOpts } from 'node:net';
import type { ClientOptions, WebSocket } from 'ws';
import { redirect, startHttp } from './handshakes.ts';
import { classOf, closeOf, portOf, quiet, startServer, type Twin, twins } from './twin.ts';

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

/** A client with an option that Node.js refuses: what the constructor throws, or the events. */
const refused =
  (options: object, scheme = 'wss'): Twin['record'] =>
  async (library) => {
    const server = await startServer(library);
    const events: unknown[] = [];
    let socket: WebSocket;
    try {
      socket = new library.WebSocket(`${scheme}://127.0.0.1:${portOf(server)}`, options as ClientOptions);
    } catch (error) {
      return ['throws', classOf(error), (error as { code?: string }).code];
    }
    events.push(['constructed', socket.readyState]);
    socket.on('error', (error: Error & { code?: string }) =>
      events.push(['error', classOf(error), error.code, socket.readyState]),
    );
    return [...events, await closeOf(socket)];
  };

twins('options that Node.js refuses', [
  ...Object.entries({
    'a certificate that is none': { cert: 'x' },
    'a key that is none': { key: 'x' },
    'a ca of another type': { ca: 5 },
    'a pfx that is none': { pfx: 'x' },
    'unknown ciphers': { ciphers: 'none' },
    'an unknown minVersion': { minVersion: 'x' },
    'a passphrase of another type': { passphrase: 5, key: 'x' },
    'another type of ALPNProtocols': { ALPNProtocols: 5 },
    'agent: false, and a certificate that is none': { agent: false, cert: 'x' },
    'an agent, and a certificate that is none': { agent: new HttpsAgent(), cert: 'x' },
  }).map(([title, options]): Twin => ({ title, record: refused(options) })),
  ...Object.entries({
    'a localAddress that is none': { localAddress: 'x' },
    'a localPort of another type': { localPort: 'x' },
    'autoSelectFamily of another type': { autoSelectFamily: 5 },
    'an agent that is none': { agent: 5 },
    'an agent for the other scheme': { agent: new HttpsAgent() },
    'a header field with an invalid name': { headers: { 'a b': 'c' } },
    'maxHeaderSize of another type': { maxHeaderSize: 'x' },
    'a signal that is none': { signal: 5 },
  }).map(([title, options]): Twin => ({ title, record: refused(options, 'ws') })),
]);
