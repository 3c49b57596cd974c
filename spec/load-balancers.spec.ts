import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { EventSource, EventStream } from '../src/sse/index.ts';
import { WebSocket, WebSocketServer } from '../src/websocket/index.ts';
import { freePort } from './hub/engines/engine-process.ts';
import { isDue } from './support/full-run.ts';
import { listen } from './support/http-server.ts';
import { LOAD_BALANCERS, reloadCaddy, runLoadBalancer, startLoadBalancer } from './support/load-balancer.ts';

/** It is long enough for a proxy to compress it. */
const LONG_TEXT = 'at once '.repeat(200);

/** A server for both protocols, and a proxy before it. */
async function startBoth(name: 'nginx' | 'caddy'): Promise<{
  readonly port: number;
  readonly proxy: Awaited<ReturnType<typeof runLoadBalancer>>;
  /** The event streams of the server. */
  readonly streams: EventStream[];
}> {
  const streams: EventStream[] = [];
  const server = createServer((request, response) => {
    const stream = EventStream.open(request, response);
    streams.push(stream);
    stream.send(LONG_TEXT);
  });
  const sockets = new WebSocketServer({ server, origin: 'same-origin' });
  sockets.on('connection', (socket) => {
    // The Close frame of Caddy 2.6.2 is not masked.
    socket.on('error', () => {});
    socket.on('message', (data) => socket.send(data, { binary: false }));
  });
  const proxy = await runLoadBalancer(name, [await listen(server)], 'behind-a-proxy.md');
  return { port: proxy.port, proxy, streams };
}

describe.for(['nginx', 'haproxy'] as const)('%s, as in docs/scaling.md', (name) => {
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

describe.for(['nginx', 'caddy'] as const)('%s, as in docs/behind-a-proxy.md', (name) => {
  const test = it.runIf(LOAD_BALANCERS[name].path !== null);

  test('passes on an event while the stream goes on, and compresses nothing', async () => {
    const { port } = await startBoth(name);
    const headers = { 'Accept-Encoding': 'gzip', Accept: '*/*' };
    const source = new EventSource(`http://127.0.0.1:${port}/`, { headers });
    onTestFinished(() => source.close());
    const [{ data }] = await once(source, 'message');
    expect(data).toBe(LONG_TEXT);
  });

  test('ends the stream of the server when the client has disconnected', async () => {
    const { port, streams } = await startBoth(name);
    const source = new EventSource(`http://127.0.0.1:${port}/`);
    await once(source, 'message');
    source.close();
    await once(streams[0]!, 'close');
  });

  test('opens a WebSocket for a page of the host that the browser names, and for no other', async () => {
    const { port } = await startBoth(name);
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`, { origin: `http://127.0.0.1:${port}` });
    await once(socket, 'open');
    socket.send('hello');
    const [data] = await once(socket, 'message');
    socket.close();
    const foreign = new WebSocket(`ws://127.0.0.1:${port}/`, { origin: 'http://127.0.0.1:1' });
    const [error] = await once(foreign, 'error');
    expect([String(data), error.message]).toEqual(['hello', 'Unexpected server response: 403']);
  });

  test('passes on the address of the client', async () => {
    const port = await listen(createServer(({ headers }, response) => response.end(headers['x-forwarded-for'])));
    const proxy = await startLoadBalancer(name, [port], 'behind-a-proxy.md');
    expect(await (await fetch(`http://127.0.0.1:${proxy}/`)).text()).toBe('127.0.0.1');
  });
});

describe('caddy, as in docs/behind-a-proxy.md', () => {
  const test = it.runIf(LOAD_BALANCERS.caddy.path !== null);

  test('compresses a page, and not an event stream', async () => {
    const types = ['text/html; charset=utf-8', 'text/css', 'text/javascript', 'application/json', 'text/event-stream'];
    const server = createServer(({ url }, response) => {
      response.writeHead(200, { 'Content-Type': types[Number(url!.slice(1))] }).end(LONG_TEXT);
    });
    const proxy = await startLoadBalancer('caddy', [await listen(server)], 'behind-a-proxy.md');
    const encodings = types.map(async (_, index) => {
      const { headers } = await fetch(`http://127.0.0.1:${proxy}/${index}`, { headers: { 'Accept-Encoding': 'gzip' } });
      return headers.get('content-encoding');
    });
    expect(await Promise.all(encodings)).toEqual(['gzip', 'gzip', 'gzip', 'gzip', null]);
  });

  test('lets a request wait while the process is replaced', async () => {
    const port = await freePort();
    const proxy = await startLoadBalancer('caddy', [port], 'behind-a-proxy.md');
    const response = fetch(`http://127.0.0.1:${proxy}/`);
    // It has tried once.
    await Promise.race([response, new Promise((resolve) => setTimeout(resolve, 100))]);
    await listen(
      createServer((_, response) => response.end('new')),
      port,
    );
    expect(await (await response).text()).toBe('new');
  });

  test('closes WebSockets with 1001 when its configuration is reloaded, and keeps event streams', async () => {
    const { port, proxy, streams } = await startBoth('caddy');
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`);
    const source = new EventSource(`http://127.0.0.1:${port}/`);
    onTestFinished(() => source.close());
    await Promise.all([once(socket, 'open'), once(source, 'message')]);
    const closed = once(socket, 'close');
    await reloadCaddy(proxy, proxy.configuration.replace(/^bind.*$/m, '$&\nheader X-New yes'));
    expect((await closed)[0]).toBe(1001);
    // A connection may still reach the old configuration, which resets it when it ends. A client tries again.
    let answer: Response | undefined;
    while (answer === undefined) answer = await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined);
    expect(answer.headers.get('x-new')).toBe('yes');
    await answer.body!.cancel();
    streams[0]!.send('still open');
    const [{ data }] = await once(source, 'message');
    expect(data).toBe('still open');
  });

  // It waits for a second.
  it.runIf(LOAD_BALANCERS.caddy.path !== null && isDue('readiness behind Caddy'))(
    'sends requests to the process that is ready',
    async () => {
      let isReady = true;
      const answer = (text: string, status: () => number): ReturnType<typeof createServer> =>
        createServer(({ url }, response) => {
          response.writeHead(url === '/ready' ? status() : 200).end(text);
        });
      const first = await listen(answer('first', () => (isReady ? 200 : 503)));
      const second = await listen(answer('second', () => 200));
      const { port } = await runLoadBalancer('caddy', [first, second], 'behind-a-proxy.md', 1);
      const ask = async (): Promise<string> => (await fetch(`http://127.0.0.1:${port}/`)).text();
      while ((await ask()) !== 'first');
      isReady = false;
      // After the next check, which may be while a request is in progress.
      for (let times = 0; times < 20; ) times = (await ask()) === 'second' ? times + 1 : 0;
    },
  );
});
