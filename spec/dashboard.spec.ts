import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { EventSource, EventStream, WebSocket } from '../src/index.ts';
import { ChildProgram } from './support/child-program.ts';
import { isDue } from './support/full-run.ts';
import { listen } from './support/http-server.ts';

/** What a client may be sent. */
interface Sent {
  readonly event: string;
  readonly data: string;
  readonly id: string;
}
interface LatestValues {
  readonly viewers: number;
  readonly skipped: number;
  set(name: string, time: number, value: number | string): void;
  add(stream: unknown, lastEventId?: string): void;
}
const module = new URL('../examples/dashboard/latest-values.js', import.meta.url).href;
const { LatestValues }: { LatestValues: new (options?: { about?: unknown; length?: number }) => LatestValues } =
  await import(module);

/** A stream without a socket. It notes what its client receives, and can stop reading. */
class Viewer extends EventEmitter {
  readonly lastEventId: string;
  readonly sent: Sent[] = [];
  isReading = true;

  constructor(lastEventId = '') {
    super();
    this.lastEventId = lastEventId;
  }

  /** Each event as its name and data. */
  get received(): unknown[] {
    return this.sent.map(({ event, data }) => [event, JSON.parse(data)]);
  }

  /** Where its client would continue. */
  get position(): string {
    return this.sent.at(-1)!.id;
  }

  send(event: Sent): boolean {
    this.sent.push(event);
    return this.isReading;
  }

  read(): void {
    this.isReading = true;
    this.emit('drain');
  }
}

function viewerOf(values: LatestValues, lastEventId?: string): Viewer {
  const viewer = new Viewer(lastEventId);
  values.add(viewer);
  return viewer;
}

describe('LatestValues of examples/dashboard', () => {
  it('sends a newcomer what it keeps of each series, and then each value', () => {
    const values = new LatestValues({ about: { process: 1 }, length: 2 });
    for (const time of [1, 2, 3]) values.set('cpu', time, time * 10);
    values.set('memory', 3, 5);
    const viewer = viewerOf(values);
    values.set('cpu', 4, 40);
    expect(viewer.received).toEqual([
      [
        'snapshot',
        {
          about: { process: 1 },
          series: {
            cpu: [
              [2, 20],
              [3, 30],
            ],
            memory: [[3, 5]],
          },
        },
      ],
      ['cpu', [4, 40]],
    ]);
  });

  it('sends a newcomer a snapshot before there is a value', () => {
    const viewer = viewerOf(new LatestValues());
    expect(viewer.received).toEqual([['snapshot', { series: {} }]]);
    expect(viewer.position).not.toBe('');
  });

  it('sends the values since its last id to a client that reconnects, and none twice', () => {
    const values = new LatestValues();
    const first = viewerOf(values);
    values.set('cpu', 1, 10);
    values.set('memory', 1, 5);
    first.emit('close');
    values.set('cpu', 2, 20);
    const again = viewerOf(values, first.position);
    expect(again.received).toEqual([['missed', { series: { cpu: [[2, 20]], memory: [] } }]]);
    expect(viewerOf(values, again.position).received).toEqual([['missed', { series: { cpu: [], memory: [] } }]]);
  });

  it('sends a snapshot to a client with an id of another process, or one that never was', () => {
    const values = new LatestValues();
    values.set('cpu', 1, 10);
    const { position } = viewerOf(values);
    const [prefix] = position.split(/-\d+$/);
    const unknown = [
      viewerOf(new LatestValues()).position,
      `${prefix}-2`,
      `${prefix}--1`,
      `${prefix}-NaN`,
      `${prefix}-`,
    ];
    for (const id of [...unknown, 'x', `${prefix}-1<b>`, '9'.repeat(100_000)]) {
      expect(viewerOf(values, id).sent[0]!.event).toBe('snapshot');
    }
    expect(viewerOf(values, position).sent[0]!.event).toBe('missed');
  });

  it('holds one value of each series for a client that does not read, and sends the latest when it reads again', () => {
    const values = new LatestValues();
    const [slow, fast] = [viewerOf(values), viewerOf(values)];
    slow.isReading = false;
    for (let time = 1; time <= 100; time++) {
      values.set('cpu', time, time);
      values.set('memory', time, -time);
    }
    expect(slow.received.slice(1)).toEqual([['cpu', [1, 1]]]);
    slow.read();
    expect(slow.received.slice(2)).toEqual([
      ['cpu', [100, 100]],
      ['memory', [100, -100]],
    ]);
    expect(fast.sent).toHaveLength(201);
    expect(values.skipped).toBe(197);
    values.set('cpu', 101, 101);
    expect(slow.received.slice(4)).toEqual([['cpu', [101, 101]]]);
  });

  it('sends waiting values in the order of their ids, so that a client that leaves meanwhile misses none', () => {
    const values = new LatestValues();
    const viewer = viewerOf(values);
    viewer.isReading = false;
    values.set('cpu', 1, 1);
    values.set('cpu', 2, 2);
    values.set('memory', 2, 5);
    values.set('cpu', 3, 3);
    // It takes one value, and is slow again.
    viewer.emit('drain');
    expect(viewer.received.slice(2)).toEqual([['memory', [2, 5]]]);
    const again = viewerOf(values, viewer.position);
    expect(again.received).toEqual([['missed', { series: { cpu: [[3, 3]], memory: [] } }]]);
  });

  it('forgets a client that has left', () => {
    const values = new LatestValues();
    const viewer = viewerOf(values);
    expect(values.viewers).toBe(1);
    viewer.emit('close');
    values.set('cpu', 1, 1);
    expect(values.viewers).toBe(0);
    expect(viewer.sent).toHaveLength(1);
  });

  it('queues next to nothing for a connection that is not read', async () => {
    const values = new LatestValues();
    const server = createServer((request, response) => values.add(EventStream.open(request, response)));
    const port = await listen(server);
    const socket = connect(port, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n'));
    socket.on('error', () => {});
    onTestFinished(() => void socket.destroy());
    // The first bytes of the response: the rest waits.
    await once(socket, 'readable');
    const large = 'x'.repeat(100_000);
    let time = 0;
    while (values.skipped < 10 && time < 1000) {
      values.set('cpu', ++time, `${time} ${large}`);
      await new Promise(setImmediate);
    }
    values.set('cpu', ++time, 'the latest');
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk) => {
      text += chunk;
    });
    while (!text.slice(-1000).includes('the latest')) await once(socket, 'data');
    const times = Array.from(text.matchAll(/^data: \[(\d+),/gm), ([, number]) => Number(number));
    expect(times.at(-1)).toBe(time);
    expect(times).toHaveLength(time - values.skipped);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });
});

const SERVER = fileURLToPath(new URL('../examples/dashboard/server.js', import.meta.url));

async function start(): Promise<{ program: ChildProgram; url: string }> {
  const program = new ChildProgram(SERVER, { args: ['--port', '0', '--interval', '20'] });
  await program.printed('Open ');
  return { program, url: /http:\S+(?=\/)/.exec(program.output)![0] };
}

function watch(url: string): EventSource {
  const source = new EventSource(`${url}/events`, { reconnectionTime: 1 });
  onTestFinished(() => source.close());
  return source;
}

// biome-ignore lint/suspicious/noExplicitAny: JSON
type Data = any;

/** Resolves with the data of the next event of the name that fulfils the condition. */
const next = (source: EventSource, name: string, isWanted: (data: Data) => boolean = () => true): Promise<Data> =>
  new Promise((resolve) => {
    source.addEventListener(name, ({ data }) => isWanted(JSON.parse(data)) && resolve(JSON.parse(data)));
  });

describe.runIf(isDue('examples/dashboard'))('examples/dashboard', () => {
  it('measures its process, and counts its event streams, WebSockets and messages', async () => {
    const { program, url } = await start();
    const [first, second] = [watch(url), watch(url)];
    const { about } = await next(second, 'snapshot');
    expect(about.process).toBe(program.process.pid);
    for (const name of ['cpu', 'resident', 'heap', 'delay']) {
      const [time, value] = await next(second, name);
      expect(Math.abs(Date.now() - time)).toBeLessThan(60_000);
      expect(value).toBeGreaterThanOrEqual(0);
    }
    await next(second, 'streams', ([, value]) => value === 2);
    first.close();
    await next(second, 'streams', ([, value]) => value === 1);
    const socket = new WebSocket(`${url.replace('http', 'ws')}/echo`);
    await once(socket, 'open');
    await next(second, 'sockets', ([, value]) => value === 1);
    socket.send('hello');
    const [[echo], [, received]] = await Promise.all([
      once(socket, 'message'),
      next(second, 'received', ([, value]) => value > 0),
    ]);
    expect([String(echo), received > 0]).toEqual(['hello', true]);
  });

  it('continues without a gap and without a value twice when the connection is cut', async () => {
    const { url } = await start();
    const source = watch(url);
    const numbers: number[] = [];
    let connections = 0;
    const end = new Promise<void>((resolve) => {
      const isNew = (time: number): boolean => !numbers.includes(time);
      source.addEventListener('cpu', ({ data }) => {
        const [time] = JSON.parse(data);
        expect(isNew(time)).toBe(true);
        numbers.push(time);
        if (numbers.length % 5 === 0) source.reconnect();
      });
      source.addEventListener('missed', ({ data }) => {
        const { cpu } = JSON.parse(data).series;
        for (const [time] of cpu) {
          expect(isNew(time)).toBe(true);
          numbers.push(time);
        }
        if (++connections === 3) resolve();
      });
    });
    await end;
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
  });

  it('refuses more viewers than it has room for, and has room again when they have left', async () => {
    const { url } = await start();
    const source = watch(url);
    await next(source, 'snapshot');
    const left = new AbortController();
    const status = async (): Promise<number> => (await fetch(`${url}/events`, { signal: left.signal })).status;
    const statuses = await Promise.all(Array.from({ length: 500 }, status));
    expect(statuses.filter((each) => each === 503)).toHaveLength(1);
    left.abort();
    await next(source, 'streams', ([, value]) => value === 1);
  });

  it('refuses foreign pages, long messages and unknown paths', async () => {
    const { url } = await start();
    const socketUrl = `${url.replace('http', 'ws')}/echo`;
    const foreign = new WebSocket(socketUrl, { origin: 'https://evil.example' });
    const [error] = await once(foreign, 'error');
    expect(error.message).toContain('403');
    const socket = new WebSocket(socketUrl);
    await once(socket, 'open');
    socket.send('x'.repeat(1001));
    expect((await once(socket, 'close'))[0]).toBe(1009);
    for (const path of ['/__proto__', '/measurements.js', '/../server.js', '/server.js']) {
      expect((await fetch(url + path)).status).toBe(404);
    }
    const page = await fetch(url);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'self'");
  });

  it('ends at SIGTERM, whatever is connected, and its client continues with the next process', async () => {
    const { program, url } = await start();
    const source = watch(url);
    await next(source, 'snapshot');
    const socket = new WebSocket(`${url.replace('http', 'ws')}/echo`);
    await once(socket, 'open');
    program.process.kill('SIGTERM');
    const [[code], status] = await Promise.all([once(socket, 'close'), program.ended()]);
    expect([code, status]).toEqual([1001, 0]);
    const again = new ChildProgram(SERVER, { args: ['--port', new URL(url).port] });
    const { about } = await next(source, 'snapshot');
    expect(about.process).toBe(again.process.pid);
  });
});
