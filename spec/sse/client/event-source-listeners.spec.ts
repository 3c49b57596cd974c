import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { EventSource, EventStream } from '../../../src/sse/index.ts';
import { serve } from '../../support/http-server.ts';
import { nextUncaughtException } from '../../support/uncaught.ts';

const STREAM = { 'Content-Type': 'text/event-stream' };

/** One chunk: comments and events, and the start of another event. */
const CHUNK = ':1\nid: 1\ndata: 1\n\n:2\nid: 2\ndata: 2\n\n:3\nid: 3\ndata: 3\n\nid: 4\ndata: par';

const ACTIONS = ['close', 'reconnect', 'throw', 'abort'] as const;
const EVENTS = ['open', 'message', 'error', 'onComment'] as const;

/** All that happens on the first connection, in order. The error comes when the server ends the stream. */
const ALL = ['open', 'comment 1', 'message 1', 'comment 2', 'message 2', 'comment 3', 'message 3', 'error'];

const PLACES = EVENTS.flatMap((event) =>
  (event === 'message' || event === 'onComment' ? [1, 2, 3] : [0]).map((number) => {
    const name = event === 'onComment' ? 'comment' : event;
    return { event, number, step: number === 0 ? name : `${name} ${number}` };
  }),
);

describe.each(ACTIONS)('A listener that calls %s', (action) => {
  it.each(PLACES)('in $event, number $number of a chunk, stops nothing but its own connection', async ({ step }) => {
    const ids: (string | undefined)[] = [];
    let open = 0;
    const url = await serve((request, response, number) => {
      ids.push(request.headers['last-event-id'] as string | undefined);
      open++;
      request.socket.on('close', () => open--);
      if (number > 1) return void EventStream.open(request, response).send('second');
      response.writeHead(200, STREAM).end(CHUNK);
    });
    const controller = new AbortController();
    const log: string[] = [];
    const act = (): void => {
      if (action === 'close') source.close();
      if (action === 'reconnect') source.reconnect();
      if (action === 'abort') controller.abort();
      if (action === 'throw') throw new Error('thrown by a listener');
    };
    const record = (entry: string): void => {
      log.push(entry);
      if (entry === step && log.indexOf(step) === log.length - 1) act();
    };
    const source: EventSource = new EventSource(url, {
      signal: controller.signal,
      reconnectionTime: 5,
      onComment: (text) => record(`comment ${text}`),
    });
    onTestFinished(() => source.close());
    const thrown = action === 'throw' ? nextUncaughtException() : undefined;
    source.onopen = () => record('open');
    source.onerror = () => record('error');
    source.onmessage = ({ data }) => record(`message ${data}`);
    const before = ALL.slice(0, ALL.indexOf(step) + 1);
    const lastId = before.findLast((entry) => entry.startsWith('message'))?.slice(-1);
    if (action === 'close' || action === 'abort') {
      await expect.poll(() => source.readyState).toBe(EventSource.CLOSED);
      await expect.poll(() => open).toBe(0);
      expect(log).toEqual(before);
      expect([source.lastEventId, ids.length]).toEqual([lastId ?? '', 1]);
      return;
    }
    if (thrown !== undefined) expect((await thrown).message).toBe('thrown by a listener');
    await expect.poll(() => log.at(-1)).toBe('message second');
    const first = action === 'throw' ? ALL : before;
    expect(log).toEqual([...first, 'open', 'message second']);
    expect(ids).toEqual([undefined, action === 'throw' ? '3' : lastId]);
    // No connection is left behind.
    expect(open).toBe(1);
    source.close();
    await expect.poll(() => open).toBe(0);
  });
});

it('Twelve EventSources on one AbortSignal print no warning, and are all closed by it', async () => {
  const warnings: string[] = [];
  const onWarning = ({ name }: Error): void => void warnings.push(name);
  process.on('warning', onWarning);
  onTestFinished(() => void process.off('warning', onWarning));
  const url = await serve((request, response) => void EventStream.open(request, response));
  const controller = new AbortController();
  const sources = Array.from({ length: 12 }, () => new EventSource(url, { signal: controller.signal }));
  await Promise.all(sources.map((source) => once(source, 'open')));
  sources[0]!.close();
  controller.abort();
  expect(sources.every(({ readyState }) => readyState === EventSource.CLOSED)).toBe(true);
  await new Promise(setImmediate);
  expect(warnings).toEqual([]);
  sources[1]!.reconnect();
  expect(sources[1]!.readyState).toBe(EventSource.CLOSED);
});
