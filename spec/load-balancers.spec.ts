import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { EventSource, EventStream } from '../src/sse/index.ts';
import { WebSocket, WebSocketServer } from '../src/websocket/index.ts';
import { freePort } from './hub/engines/engine-process.ts';
import { listen } from './support/http-server.ts';
import { LOAD_BALANCERS, startLoadBalancer } from './support/load-balancer.ts';

const NAMES = Object.keys(LOAD_BALANCERS) as (keyof typeof LOAD_BALANCERS)[];

describe.for(NAMES)('%s, as in docs/scaling.md', (name) => {
  const test = it.runIf(LOAD_BALANCERS[name].path !== null);

  test('sends a request to the other process if one refuses the connection', async () => {
    const port = await listen(createServer((_, response) => response.end('here')));
    const balancer = await startLoadBalancer(name, [await freePort(), port]);
    const responses = Array.from({ length: 4 }, () => fetch(`http://127.0.0.1:${balancer}/`, { method: 'POST' }));
    expect(await Promise.all(responses.map(async (response) => (await response).text()))).toEqual(
      Array(4).fill('here'),
    );
  });

  test('sends requests to a process that listens again, after the other one has ended', async () => {
    const port = await freePort();
    const answer = createServer((_, response) => response.end('new'));
    const other = createServer((_, response) => response.end('other'));
    const balancer = await startLoadBalancer(name, [port, await listen(other)]);
    // If a connection that it has kept to a process turns out to be closed, HAProxy closes that of the client, which may try again.
    const request = async (): Promise<string> => {
      const get = (): Promise<Response> => fetch(`http://127.0.0.1:${balancer}/`);
      return (await get().catch(get)).text();
    };
    for (let time = 1; time <= 4; time++) expect(await request()).toBe('other');
    await listen(answer, port);
    // HAProxy uses it after its next check.
    while (name === 'haproxy' && (await request()) === 'other');
    other.closeAllConnections();
    other.close();
    await once(other, 'close');
    for (let time = 1; time <= 4; time++) expect(await request()).toBe('new');
  });

  test('does not repeat a request that a process has received, and then lost', async () => {
    const received: (string | undefined)[] = [];
    const lose = (request: IncomingMessage, response: ServerResponse): void => {
      received.push(request.method);
      response.destroy();
    };
    const ports = [await listen(createServer(lose)), await listen(createServer(lose))] as const;
    const balancer = await startLoadBalancer(name, ports);
    const { status } = await fetch(`http://127.0.0.1:${balancer}/`, { method: 'POST', body: 'pay' });
    expect({ status, received }).toEqual({ status: 502, received: ['POST'] });
  });

  test('passes on the host that the client has named, and the address of the client', async () => {
    const port = await listen(
      createServer(({ headers }, response) => response.end(`${headers.host} ${headers['x-forwarded-for']}`)),
    );
    const balancer = await startLoadBalancer(name, [port, port]);
    const response = await fetch(`http://127.0.0.1:${balancer}/`);
    expect(await response.text()).toBe(`127.0.0.1:${balancer} 127.0.0.1`);
  });
});

describe('nginx, as in docs/behind-a-proxy.md', () => {
  const test = it.runIf(LOAD_BALANCERS.nginx.path !== null);

  /** A server for both protocols, and nginx before it. Resolves with the port of nginx. */
  async function startBoth(): Promise<number> {
    const server = createServer((request, response) => EventStream.open(request, response).send('at once'));
    const sockets = new WebSocketServer({ server, origin: 'same-origin' });
    sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(data, { binary: false })));
    return startLoadBalancer('nginx', [await listen(server)], 'behind-a-proxy.md');
  }

  test('passes on an event while the stream goes on', async () => {
    const source = new EventSource(`http://127.0.0.1:${await startBoth()}/`);
    onTestFinished(() => source.close());
    const [{ data }] = await once(source, 'message');
    expect(data).toBe('at once');
  });

  test('opens a WebSocket for a page of the host that the browser names, and for no other', async () => {
    const port = await startBoth();
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`, { origin: `http://127.0.0.1:${port}` });
    await once(socket, 'open');
    socket.send('hello');
    const [data] = await once(socket, 'message');
    socket.close();
    const foreign = new WebSocket(`ws://127.0.0.1:${port}/`, { origin: 'http://127.0.0.1:1' });
    const [error] = await once(foreign, 'error');
    expect([String(data), error.message]).toEqual(['hello', 'Unexpected server response: 403']);
  });
});
