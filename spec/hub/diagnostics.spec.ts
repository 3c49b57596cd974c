import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createServer } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Hub } from '../../src/hub/index.ts';
import { EventStream } from '../../src/sse/index.ts';
import { WebSocket, WebSocketServer } from '../../src/websocket/index.ts';
import { FakeLog } from '../support/fake-log.ts';

/** Records the messages of a channel. */
function record(name: string): unknown[] {
  const published: unknown[] = [];
  const listener = (message: unknown): void => void published.push(message);
  subscribe(`pushwire:hub:${name}`, listener);
  onTestFinished(() => void unsubscribe(`pushwire:hub:${name}`, listener));
  return published;
}

describe('the channels of node:diagnostics_channel', () => {
  it('report an event that the log has confirmed, and one that was refused', async () => {
    const [confirmed, refused] = [record('publish'), record('publish-error')];
    const hub = new Hub();
    const id = await hub.publish('news', { data: 1 });
    await hub.shutdown();
    const error = await hub.publish('news', { data: 2 }).catch((reason) => reason);
    expect(confirmed).toEqual([{ hub, topic: 'news', id }]);
    expect(error.code).toBe('HUB_ERR_CLOSED');
    expect(refused).toEqual([{ hub, topic: 'news', error }]);
  });

  it('report that the log does not answer, and that it does again', async () => {
    const published = record('log-error');
    const recovered = record('log-recovered');
    const log = new FakeLog();
    const error = new Error('unreachable');
    const hub = new Hub({ log });
    log.listener!.onError(error);
    expect(published).toEqual([{ hub, error }]);
    expect(recovered).toEqual([]);
    log.start();
    expect(recovered).toEqual([{ hub }]);
  });

  it('report a reset, with the connection and the ids', async () => {
    const published = record('reset');
    const hub = new Hub();
    await hub.publish('news', { data: 1 });
    const oldestId = hub.lastEventId;
    const connections: unknown[] = [];
    const server = createServer((request, response) => {
      const stream = EventStream.open(request, response);
      connections.push(stream);
      hub.subscribe(stream, 'news');
    });
    const webSockets = new WebSocketServer({ server });
    webSockets.on('connection', (webSocket) => {
      connections.push(webSocket);
      hub.subscribe(webSocket, 'news', { lastEventId: 'lost-1' });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    onTestFinished(async () => {
      server.close();
      await hub.shutdown();
    });
    const client = new WebSocket(`ws://127.0.0.1:${port}`);
    await new Promise((resolve) => client.on('message', resolve));
    const headers = { 'Last-Event-ID': 'lost-1' };
    const response = await fetch(`http://127.0.0.1:${port}`, { headers });
    await response.body!.getReader().read();
    const reset = { lastEventId: 'lost-1', oldestId };
    expect(published).toEqual(connections.map((connection) => ({ connection, ...reset })));
    expect(connections).toHaveLength(2);
  });
});
