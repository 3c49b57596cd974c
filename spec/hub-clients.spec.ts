import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { Hub } from '../src/hub/index.ts';
import { BrowserWebSocket, EventSource, EventStream, type WebSocket, WebSocketServer } from '../src/index.ts';
import { listen } from './support/http-server.ts';

/** What a page has of examples/hub/clients.js. */
interface Client {
  send(text: string): boolean;
  close(): void;
}
interface Listener {
  state(state: string): void;
  event(event: { id: string; topic?: string; data: unknown }): void;
}
const clients = new URL('../examples/hub/clients.js', import.meta.url).href;
const {
  connectWebSocket,
  connectEventSource,
}: {
  connectWebSocket(url: string, on: Listener, topics?: string[]): Client;
  connectEventSource(url: string, on: Listener, types?: string[]): Pick<Client, 'close'>;
} = await import(clients);

/** Starts a server for the clients, and returns what its WebSockets name in their URLs. */
async function start(onConnection: (webSocket: WebSocket, request: IncomingMessage) => void): Promise<string[]> {
  const server = createServer();
  const webSockets = new WebSocketServer({ server });
  const urls: string[] = [];
  webSockets.on('connection', (webSocket, request) => {
    urls.push(request.url!);
    onConnection(webSocket, request);
  });
  onTestFinished(() => void webSockets.close());
  vi.stubGlobal('location', { href: `http://127.0.0.1:${await listen(server)}/` });
  return urls;
}

function connectTo(topics: string[]): {
  client: Client;
  states: string[];
  data: unknown[];
  seen(state: string): Promise<void>;
} {
  const states: string[] = [];
  const data: unknown[] = [];
  const on = {
    state: (state: string) => void states.push(state),
    event: (event: { data: unknown }) => void data.push(event.data),
  };
  const client = connectWebSocket('/', on, topics);
  onTestFinished(() => client.close());
  return { client, states, data, seen: (state) => vi.waitFor(() => expect(states).toContain(state)) };
}

describe('connectWebSocket() of examples/hub/clients.js, with hub.accept()', () => {
  beforeEach(() => {
    vi.stubGlobal('WebSocket', BrowserWebSocket);
    // The first wait is 500 ms and random.
    vi.spyOn(Math, 'random').mockReturnValue(-1);
    return () => void vi.unstubAllGlobals();
  });

  it('continues after the last event when the last message was an answer without an id', async () => {
    const hub = new Hub();
    onTestFinished(() => hub.shutdown());
    let latest: WebSocket | undefined;
    const urls = await start((webSocket, request) => {
      latest = webSocket;
      hub.accept(webSocket, request, { authorize: () => true });
    });
    const { client, data } = connectTo(['a']);
    await vi.waitFor(() => expect(hub.count('a')).toBe(1));
    const id = await hub.publish('a', { data: 'one' });
    await vi.waitFor(() => expect(data).toEqual(['one']));
    client.send(JSON.stringify({ unsubscribe: 'b' }));
    const first = latest!;
    await once(first, 'message');
    await new Promise((resolve) => first.send('{"unsubscribed":["c"],"reason":"refused"}', resolve));
    first.close(1012);
    await once(first, 'close');
    await hub.publish('a', { data: 'two' });
    await vi.waitFor(() => expect(data).toEqual(['one', 'two']));
    expect(urls).toEqual(['/', `/?lastEventId=${encodeURIComponent(id)}`]);
  });

  it('does not reconnect when the server has closed the connection with 1008', async () => {
    const urls = await start((webSocket) => webSocket.close(1008));
    const { states, seen } = connectTo(['a']);
    await seen('refused');
    expect(states).not.toContain('waiting');
    expect(urls).toEqual(['/']);
  });
});

describe('connectEventSource() of examples/hub/clients.js', () => {
  it('receives events of the given types, and events without a type', async () => {
    const hub = new Hub();
    onTestFinished(() => hub.shutdown());
    const server = createServer((request, response) => void hub.subscribe(EventStream.open(request, response), 'a'));
    vi.stubGlobal('EventSource', EventSource);
    vi.stubGlobal('location', { href: `http://127.0.0.1:${await listen(server)}/` });
    onTestFinished(() => void vi.unstubAllGlobals());
    const received: unknown[] = [];
    const on = { state: () => {}, event: (event: object) => void received.push(event) };
    const client = connectEventSource('/', on, ['goal']);
    onTestFinished(() => client.close());
    await vi.waitFor(() => expect(hub.count('a')).toBe(1));
    const ids = [
      await hub.publish('a', { event: 'goal', data: { home: 1 } }),
      await hub.publish('a', { event: 'other', data: {} }),
      await hub.publish('a', { data: { home: 2 } }),
    ];
    await vi.waitFor(() =>
      expect(received).toEqual([
        { id: ids[0], event: 'goal', data: { home: 1 } },
        { id: ids[2], event: 'message', data: { home: 2 } },
      ]),
    );
  });
});
