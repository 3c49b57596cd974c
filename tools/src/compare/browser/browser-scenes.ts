import type { Exchange } from '../exchange-terms.ts';
import type { ClientExchange } from '../processes/client-operations.ts';
import { addTcpRoundTrip, recordExchanges, TERMS_CHART } from '../scenes/exchange.ts';
import { latencyOf, pushesOf } from '../scenes/latency.ts';
import type { Scene } from '../scenes/scene.ts';
import { allArrivals } from '../scenes/upload.ts';
import { median, rateOf } from '../statistics.ts';
import { TECHNIQUES, type Technique, TITLES } from '../technique.ts';
import type { BrowserTestBed, ComparisonPage, Transport } from './browser-test-bed.ts';

type BrowserScene = Scene<BrowserTestBed>;

const TRANSPORTS: readonly { readonly row: string; readonly transport: Transport }[] = [
  { row: 'HTTP/1.1', transport: 'http' },
  { row: 'HTTP/1.1 over TLS', transport: 'https' },
  { row: 'HTTP/2', transport: 'http2' },
];

/** The HTTP/2 server does not support WebSocket (RFC 8441), and it does not accept HTTP/1.1 as a fallback. */
function isSupported(technique: Technique, transport: Transport): boolean {
  return technique === 'event-stream' || transport !== 'http2';
}

/** Opens a page for each transport and each technique that it supports. */
async function forEachPage(
  testBed: BrowserTestBed,
  work: (page: ComparisonPage, row: string, technique: Technique) => Promise<void>,
): Promise<void> {
  for (const { row, transport } of TRANSPORTS) {
    for (const technique of TECHNIQUES.filter((one) => isSupported(one, transport))) {
      const page = await testBed.open(transport);
      await work(page, row, technique);
      await page.close();
    }
  }
}

const setUp: BrowserScene = {
  name: 'set-up',
  title: 'Connection set-up in the browser: C',
  text: 'The time from `new WebSocket` or `new EventSource` to the open event, in a page of the same origin. A WebSocket opens a new connection. An event stream reuses an idle connection of the page, if there is one.',
  chart: { kind: 'bars', columns: ['C (ms)'] },
  async measure(testBed, { table }) {
    await forEachPage(testBed, async (page, row, technique) => {
      const times = await page.call<number[]>('measureSetUp', { technique, count: 12 });
      table.add(row, TITLES[technique], { 'C (ms)': median(times.slice(2)) });
    });
  },
};

const LATENCY_LOADS = [
  { row: '16 B', bytes: 16, count: 400, rate: 500 },
  { row: '16 KiB', bytes: 16 * 1024, count: 100, rate: 200 },
  { row: '1 MiB', bytes: 1024 * 1024, count: 10, rate: 20 },
];

const WARM_UP = { row: 'warm-up', bytes: 1024, count: 200, rate: 500 };

const latency: BrowserScene = {
  name: 'latency',
  title: 'Latency of a message in the browser: P + R',
  text: 'The two techniques take turns at a fixed rate. P is the time from the moment an event is due in the server to the write of its message, and R the time from that write to the event in the page. The clocks of page and server are compared with 20 round trips. The clock error is at most half of the fastest round trip.',
  chart: { kind: 'bars', columns: ['p50 (ms)'] },
  async measure(testBed, { table }) {
    const page = await testBed.open('http');
    const { offset, error } = await page.call<Clocks>('compareClocks', 'websocket');
    for (const technique of TECHNIQUES) await page.call('connect', technique);
    for (const { row, ...load } of [WARM_UP, ...LATENCY_LOADS]) {
      const [pushed, received] = await Promise.all([
        testBed.server.call('push', { ...load, techniques: TECHNIQUES, firstId: 0 }),
        page.call<{ id: number; time: number }[]>('takeReceived', load.count),
      ]);
      const pushes = pushesOf(
        pushed,
        received.map(({ id, time }) => ({ id, time: time + offset })),
      );
      for (const technique of TECHNIQUES) {
        if (row === WARM_UP.row) continue;
        const own = pushes.filter((push) => push.technique === technique);
        table.add(row, TITLES[technique], { ...latencyOf(own), 'clock error (ms)': error });
      }
    }
    await page.close();
  },
};

interface Clocks {
  readonly offset: number;
  readonly error: number;
}

const FLOODS = [
  { row: '16 B', bytes: 16, count: 5_000 },
  { row: '1 KiB', bytes: 1024, count: 3_000 },
  { row: '16 KiB', bytes: 16 * 1024, count: 500 },
];

const throughput: BrowserScene = {
  name: 'throughput',
  title: 'Throughput of one connection to the browser',
  text: 'The server sends as fast as the connection accepts. Messages per second as the page receives them.',
  chart: { kind: 'bars', columns: ['messages/s'] },
  async measure(testBed, { table }) {
    const page = await testBed.open('http');
    for (const technique of TECHNIQUES) {
      await page.call('connect', technique);
      for (const { row, bytes, count } of FLOODS) {
        const [, received] = await Promise.all([
          testBed.server.call('flood', { technique, bytes, count }),
          page.call<{ time: number }[]>('takeReceived', count),
        ]);
        const rate = rateOf(received.map(({ time }) => time));
        table.add(row, TITLES[technique], { 'messages/s': rate, 'MB/s': (rate * bytes) / 1e6 });
      }
      await page.call('disconnect', undefined);
    }
    await page.close();
  },
};

/** The number of exchanges of each kind per round. */
const EXCHANGES = 6;
/** The same with a network delay. */
const DELAYED_EXCHANGES = 3;
/** Milliseconds each way. */
const NETWORK_DELAY = 50;

const exchange: BrowserScene = {
  name: 'exchange',
  title: 'A complete exchange in the browser: T and two models',
  text: `The same as the exchange scene without a browser: the page connects, sends a message of 64 B over the WebSocket or as a POST request by fetch, and receives a pushed answer. Also measured through a relay with ${NETWORK_DELAY} ms each way. C2 is the connection time that the browser reports for the POST request; most requests use an open connection.`,
  chart: TERMS_CHART,
  async measure(testBed, results) {
    for (const delay of [undefined, NETWORK_DELAY]) {
      for (const { row, transport } of TRANSPORTS) {
        const page = await testBed.open(transport, delay);
        // Over a WebSocket if possible, because its round trips are faster.
        const { offset } = await page.call<Clocks>(
          'compareClocks',
          TECHNIQUES.find((one) => isSupported(one, transport)),
        );
        for (const technique of TECHNIQUES) {
          if (!isSupported(technique, transport)) continue;
          const count = delay === undefined ? EXCHANGES : DELAYED_EXCHANGES;
          const exchanges = await measureExchanges(testBed, page, technique, count, offset);
          const series = technique === 'websocket' ? TITLES[technique] : 'event stream and fetch';
          const corrected =
            delay !== undefined && transport === 'http'
              ? exchanges.map((one) => addTcpRoundTrip(one, delay))
              : exchanges;
          recordExchanges(results, delay === undefined ? row : `${row}, ${delay} ms`, series, corrected);
        }
        await page.close();
      }
    }
  },
};

let exchangesSoFar = 0;

async function measureExchanges(
  { server }: BrowserTestBed,
  page: ComparisonPage,
  technique: Technique,
  count: number,
  offset: number,
): Promise<Exchange[]> {
  const exchanges: Exchange[] = [];
  // Skip the first exchange: its code was not compiled yet.
  for (let index = 0; index <= count; index++) {
    const id = exchangesSoFar++;
    const { id: _, ...times } = await page.call<ClientExchange>('exchange', { technique, id });
    const [[, { arrived, written }]] = (await server.call('takeArrivals', { first: id, count: 1 })) as [
      [number, { arrived: number; written?: number }],
    ];
    const { start, opened, sent, received, answered } = times;
    exchanges.push({
      start: start + offset,
      opened: opened + offset,
      sent: sent + offset,
      secondConnection: times.secondConnection,
      arrived,
      written: written!,
      received: received + offset,
      ...(answered == null ? {} : { answered: answered + offset }),
    });
  }
  return exchanges.slice(1);
}

const UPLOADS = { websocket: 2000, 'event-stream': 300 };

const upload: BrowserScene = {
  name: 'upload',
  title: 'From page to server',
  text: 'Messages of 64 B, as fast as possible: WebSocket frames without a pause, or 32 concurrent POST requests by fetch. Over HTTP/1.1, the browser sends six of them at a time; over HTTP/2, all of them.',
  chart: { kind: 'bars', columns: ['messages/s'] },
  async measure(testBed, { table }) {
    await forEachPage(testBed, async (page, row, technique) => {
      const options = { technique, bytes: 64, inFlight: 32, count: UPLOADS[technique] };
      await page.call('upload', options);
      await allArrivals(testBed.server, options.count);
      await page.call('upload', options);
      const times = [...(await allArrivals(testBed.server, options.count)).values()];
      const series = technique === 'websocket' ? TITLES[technique] : 'fetch POST';
      table.add(row, series, {
        'messages/s': rateOf(times),
      });
      await page.call('disconnect', undefined);
    });
  },
};

const CONNECTIONS = 30;
/** How long to wait for connections to open, in milliseconds. */
const OPENING_TIME = 1_500;

const limit: BrowserScene = {
  name: 'limit',
  title: 'Many connections from one page',
  text: `A page opens ${CONNECTIONS} connections at the same time. After ${OPENING_TIME} ms, it requests a file and waits up to ${OPENING_TIME} ms for it. Over HTTP/1.1, all pages of a browser share six connections per host, and each event stream occupies one of them.`,
  chart: { kind: 'bars', columns: ['open (connections)'] },
  // The result is the same each time.
  rounds: 1,
  async measure(testBed, { table }) {
    await forEachPage(testBed, async (page, row, technique) => {
      const options = { technique, count: CONNECTIONS, time: OPENING_TIME };
      const { opened, request } = await page.call<{ opened: number; request: number | null }>('openMany', options);
      table.add(row, TITLES[technique], {
        'open (connections)': opened,
        'other request (ms)': request ?? 'no response',
      });
    });
  },
};

const RECOVERIES = [
  { series: 'event stream, retry: 200', path: '/recovery?retry=200' },
  { series: 'event stream, browser default', path: '/recovery' },
];

const recovery: BrowserScene = {
  name: 'recovery',
  title: 'Recovery of the browser’s EventSource',
  text: 'The server sends an event every 20 ms and breaks the connection. The browser reconnects with Last-Event-ID, after the time in the `retry` field or its own default.',
  chart: { kind: 'bars', columns: ['gap (ms)'] },
  rounds: 3,
  async measure(testBed, { table }) {
    const { server } = testBed;
    await server.call('tick', 20);
    for (const { series, path } of RECOVERIES) {
      const page = await testBed.open('http');
      await page.call('beginRecovery', path);
      await server.call('drop', undefined);
      const { noticed, reopened, received } = await page.call<{
        noticed: number;
        reopened: number;
        received: { id: number; time: number }[];
      }>('takeRecovery', undefined);
      const firstAfter = received.find(({ time }) => time >= reopened)!;
      const lastBefore = received.findLast(({ time }) => time < reopened)!;
      table.add('connection broken', series, {
        'reopened (ms)': reopened - noticed,
        'gap (ms)': firstAfter.time - lastBefore.time,
        'lost (events)': firstAfter.id - lastBefore.id - 1,
      });
      await page.close();
    }
    await server.call('tick', 0);
  },
};

/** All scenes that run in a browser, in the order of the report. */
export const BROWSER_SCENES: readonly BrowserScene[] = [setUp, exchange, latency, throughput, upload, limit, recovery];
