import { describe, expect, it, onTestFinished } from 'vitest';
import { selfSignedCertificate } from '../../../../spec/support/certificate.ts';
import { RawPeer } from '../../../../spec/support/raw-peer.ts';
import { ending, messages, openClient } from '../../../../spec/support/sockets.ts';
import { startDemonstration } from '../../../src/commands/serve/demonstration.ts';

async function start(interval = 60_000): Promise<string> {
  const demonstration = await startDemonstration(0, '127.0.0.1', interval);
  onTestFinished(() => demonstration.close());
  return demonstration.address;
}

/** Yields the events of a stream as text. */
async function* eventsOf(url: string): AsyncGenerator<string, void> {
  const response = await fetch(url);
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  let text = '';
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    const events = (text + chunk).split('\n\n');
    text = events.pop() ?? '';
    yield* events;
  }
}

async function take(events: AsyncGenerator<string, void>, count: number): Promise<string[]> {
  const taken: string[] = [];
  while (taken.length < count) {
    const { value } = await events.next();
    taken.push(String(value));
  }
  return taken;
}

describe('the demonstration server', () => {
  it('sends the same ticks, with their time, to a WebSocket and an event stream', async () => {
    const address = await start(10);
    const client = await openClient(`ws://${address}/websocket`);
    const received = messages(client, 30);
    const events = await take(eventsOf(`http://${address}/eventsource`), 25);
    expect(events[0]).toBe('retry: 1000');
    expect(events[1]).toMatch(/^event: welcome\ndata: \d+$/);
    const streamed = events.slice(2).map((event) => JSON.parse(event.replace('event: tick\ndata: ', '')));
    const pushed = (await received).map((text) => JSON.parse(text));
    for (const ticks of [streamed, pushed]) {
      const first = ticks[0].number;
      expect(ticks.map(({ number }) => number)).toEqual(ticks.map((_, index) => first + index));
    }
    const common = streamed.filter(({ number }) => pushed.some((tick) => tick.number === number));
    expect(common.length).toBeGreaterThan(5);
    for (const tick of common) expect(pushed).toContainEqual({ type: 'tick', ...tick });
    expect(Math.abs(streamed[0].sentAt - Date.now())).toBeLessThan(5_000);
  });

  it('echoes over the WebSocket and sends its time', async () => {
    const client = await openClient(`ws://${await start()}/websocket`);
    const received = messages(client, 3);
    client.send('text');
    client.send(Buffer.of(1, 2));
    client.send('{"type":"clock"}');
    const [text, bytes, clock] = await received;
    expect([text, bytes]).toEqual(['text', '0x0102']);
    expect(Math.abs(JSON.parse(clock!).time - Date.now())).toBeLessThan(5_000);
  });

  it('closes the WebSocket when a message exceeds 16 KiB', async () => {
    const client = await openClient(`ws://${await start()}/websocket`);
    const ended = ending(client);
    client.send('x'.repeat(16 * 1024 + 1));
    expect((await ended).code).toBe(1009);
  });

  it('echoes the body of a POST on the event stream', async () => {
    const address = await start();
    const url = `http://${address}/eventsource`;
    const events = eventsOf(url);
    const [, welcome] = await take(events, 2);
    const id = welcome!.split('data: ')[1];
    const post = (query: string, body: string): Promise<Response> => fetch(`${url}${query}`, { method: 'POST', body });
    expect((await post(`?stream=${id}`, 'grüße\nin two lines')).status).toBe(204);
    expect(await take(events, 1)).toEqual(['event: echo\ndata: grüße\ndata: in two lines']);
    expect((await post('?stream=999', 'x')).status).toBe(404);
    expect((await post('', 'x')).status).toBe(404);
    expect((await post(`?stream=${id}`, 'x'.repeat(16 * 1024 + 1))).status).toBe(413);
  });

  it('sends the time once a second at /time', async () => {
    const [one, other] = await take(eventsOf(`http://${await start()}/time`), 2);
    expect(one).toMatch(/^data: \d{4}-\d\d-\d\dT[\d:.]+Z$/);
    expect(other).not.toBe(one);
  });

  it('echoes at /echo and sends no ticks there', async () => {
    const client = await openClient(`ws://${await start(5)}/echo`);
    const received = messages(client, 2);
    client.send('one');
    client.send('two');
    expect(await received).toEqual(['one', 'two']);
  });

  it('broadcasts text sent to /broadcast as messages and events, and bytes only as messages', async () => {
    const address = await start();
    const [one, other] = [await openClient(`ws://${address}/broadcast`), await openClient(`ws://${address}/broadcast`)];
    const received = [messages(one, 3), messages(other, 3)];
    const stream = await fetch(`http://${address}/broadcast`);
    one.send('by message');
    one.send(Buffer.from('bytes'));
    await new Promise((resolve) => one.on('message', (data) => String(data) === 'bytes' && resolve(undefined)));
    const post = (body: string): Promise<Response> => fetch(`http://${address}/broadcast`, { method: 'POST', body });
    expect((await post('by POST')).status).toBe(204);
    for (const list of received)
      expect(await list).toEqual(['by message', `0x${Buffer.from('bytes').toString('hex')}`, 'by POST']);
    let text = '';
    for await (const chunk of stream.body!.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      if (text.includes('by POST')) break;
    }
    expect(text.match(/^data: .*$/gm)).toEqual(['data: by message', 'data: by POST']);
    expect((await post('x'.repeat(70_000))).status).toBe(413);
  });

  it('refuses upgrades at other paths', async () => {
    const address = await start();
    for (const path of ['/', '/time', '/constructor']) {
      const refused = openClient(`ws://${address}${path}`);
      await expect(refused).rejects.toThrow('404');
    }
  });

  it('serves over TLS if it has a certificate', async () => {
    const { cert, key } = await selfSignedCertificate();
    const certificate = { cert: Buffer.from(cert), key: Buffer.from(key) };
    const demonstration = await startDemonstration(0, '127.0.0.1', 60_000, certificate);
    onTestFinished(() => demonstration.close());
    expect(demonstration.secure).toBe(true);
    const client = await openClient(`wss://${demonstration.address}/echo`, { ca: cert });
    const received = messages(client, 1);
    client.send('secret');
    expect(await received).toEqual(['secret']);
  });

  it('answers other requests with the correct status', async () => {
    const address = await start();
    for (const [method, path, status] of [
      ['GET', '/', 200],
      ['HEAD', '/', 200],
      ['HEAD', '/time', 200],
      ['GET', '/page.css', 200],
      ['GET', '/page.js?x', 200],
      ['POST', '/', 405],
      ['DELETE', '/eventsource', 405],
      ['POST', '/time', 405],
      ['GET', '/websocket', 426],
      ['GET', '/echo', 426],
      ['DELETE', '/broadcast', 405],
      ['HEAD', '/broadcast', 200],
      ['GET', '/favicon.ico', 404],
      ['GET', '/../package.json', 404],
      ['GET', '/constructor', 404],
    ] as const) {
      expect([method, path, (await fetch(`http://${address}${path}`, { method })).status]).toEqual([
        method,
        path,
        status,
      ]);
    }
    const peer = await RawPeer.connect(Number(address.split(':')[1]));
    peer.write('GET //[ HTTP/1.1\r\nHost: localhost\r\n\r\n');
    expect(await peer.readHead()).toMatch(/^HTTP\/1\.1 404 /);
  });
});
