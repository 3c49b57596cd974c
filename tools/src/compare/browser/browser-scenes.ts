import type { Exchange } from '../exchange-terms.ts';
import type { ClientExchange } from '../processes/client-operations.ts';
import { noteExchanges, TERMS_CHART } from '../scenes/exchange.ts';
import { latencyOf, pushesOf } from '../scenes/latency.ts';
import type { Scene } from '../scenes/scene.ts';
import { allArrivals } from '../scenes/upload.ts';
import { median, rateOf } from '../statistics.ts';
import { TECHNIQUES, type Technique, TITLES } from '../technique.ts';
import type { BrowserStage, ComparisonPage, Transport } from './browser-test-bed.ts';

type BrowserScene = Scene<BrowserStage>;

const TRANSPORTS: readonly { readonly row: string; readonly transport: Transport }[] = [
  { row: 'HTTP/1.1', transport: 'http' },
  { row: 'HTTP/1.1 over TLS', transport: 'https' },
  { row: 'HTTP/2', transport: 'http2' },
];

/** WebSocket over HTTP/2 (RFC 8441) is not what this server speaks, and a browser then has nothing to fall back to. */
function isSpoken(technique: Technique, transport: Transport): boolean {
  return technique === 'event-stream' || transport !== 'http2';
}

/** Opens a page by each transport, for each technique that is spoken there. */
async function forEachPage(
  stage: BrowserStage,
  work: (page: ComparisonPage, row: string, technique: Technique) => Promise<void>,
): Promise<void> {
  for (const { row, transport } of TRANSPORTS) {
    for (const technique of TECHNIQUES.filter((one) => isSpoken(one, transport))) {
      const page = await stage.open(transport);
      await work(page, row, technique);
      await page.close();
    }
  }
}

const setUp: BrowserScene = {
  name: 'set-up',
  title: 'Connection set-up in the browser: C',
  text: 'From `new WebSocket` or `new EventSource` to the event open, in a page of the same origin. A WebSocket has a connection of its own; an event stream takes one that the page has left open, if there is one.',
  chart: { kind: 'bars', columns: ['C (ms)'] },
  async measure(stage, { sheet }) {
    await forEachPage(stage, async (page, row, technique) => {
      const times = await page.call<number[]>('measureSetUp', { technique, count: 12 });
      sheet.add(row, TITLES[technique], { 'C (ms)': median(times.slice(2)) });
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
  text: 'The two take turns at a fixed rate. P is the time from when an event was due in the server to the write of its message, R from that write to the event in the page. The clock of the page is compared with the server’s by 20 round trips: the error is half of the quickest one at the most.',
  chart: { kind: 'bars', columns: ['p50 (ms)'] },
  async measure(stage, { sheet }) {
    const page = await stage.open('http');
    const { offset, error } = await page.call<Clocks>('compareClocks', 'websocket');
    for (const technique of TECHNIQUES) await page.call('connect', technique);
    for (const { row, ...load } of [WARM_UP, ...LATENCY_LOADS]) {
      const [pushed, received] = await Promise.all([
        stage.server.call('push', { ...load, techniques: TECHNIQUES, firstId: 0 }),
        page.call<{ id: number; time: number }[]>('takeReceived', load.count),
      ]);
      const pushes = pushesOf(
        pushed,
        received.map(({ id, time }) => ({ id, time: time + offset })),
      );
      for (const technique of TECHNIQUES) {
        if (row === WARM_UP.row) continue;
        const own = pushes.filter((push) => push.technique === technique);
        sheet.add(row, TITLES[technique], { ...latencyOf(own), 'error of the clocks (ms)': error });
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
  text: 'The server sends as fast as the connection takes it: messages a second as the page gets them.',
  chart: { kind: 'bars', columns: ['messages/s'] },
  async measure(stage, { sheet }) {
    const page = await stage.open('http');
    for (const technique of TECHNIQUES) {
      await page.call('connect', technique);
      for (const { row, bytes, count } of FLOODS) {
        const [, received] = await Promise.all([
          stage.server.call('flood', { technique, bytes, count }),
          page.call<{ time: number }[]>('takeReceived', count),
        ]);
        const rate = rateOf(received.map(({ time }) => time));
        sheet.add(row, TITLES[technique], { 'messages/s': rate, 'MB/s': (rate * bytes) / 1e6 });
      }
      await page.call('disconnect', undefined);
    }
    await page.close();
  },
};

/** Of each kind in a round. */
const EXCHANGES = 6;
/** Milliseconds one way. */
const NETWORK = 50;

const exchange: BrowserScene = {
  name: 'exchange',
  title: 'A whole exchange in the browser: T, and two models of it',
  text: `As in the scene of the same name: the page opens its connection, sends a message of 64 B, by WebSocket or by fetch with POST, and gets the answer pushed; also through a relay of ${NETWORK} ms each way. C2 is what the browser tells of the connection for the POST; it keeps connections, so that most need none.`,
  chart: TERMS_CHART,
  async measure(stage, notes) {
    for (const delay of [undefined, NETWORK]) {
      for (const { row, transport } of TRANSPORTS) {
        const page = await stage.open(transport, delay);
        // By a WebSocket where there is one, as it is quicker.
        const { offset } = await page.call<Clocks>(
          'compareClocks',
          TECHNIQUES.find((one) => isSpoken(one, transport)),
        );
        for (const technique of TECHNIQUES) {
          if (!isSpoken(technique, transport)) continue;
          const exchanges = await measureExchanges(stage, page, technique, delay === undefined ? EXCHANGES : 3, offset);
          const series = technique === 'websocket' ? TITLES[technique] : 'event stream and fetch';
          const charged = delay !== undefined && transport === 'http' ? exchanges.map(chargeRelay) : exchanges;
          noteExchanges(notes, delay === undefined ? row : `${row}, ${delay} ms`, series, charged);
        }
        await page.close();
      }
    }
  },
};

/** The browser believes at once that TCP is connected; with TLS, the round trip is in the handshake of that. */
function chargeRelay(one: Exchange): Exchange {
  return one.secondConnection === 0 ? one : { ...one, secondConnection: one.secondConnection + 2 * NETWORK };
}

let exchangesSoFar = 0;

async function measureExchanges(
  { server }: BrowserStage,
  page: ComparisonPage,
  technique: Technique,
  count: number,
  offset: number,
): Promise<Exchange[]> {
  const exchanges: Exchange[] = [];
  // The first one pays for code that has not run before.
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
  title: 'From the page to the server',
  text: 'Messages of 64 B, as fast as they go: WebSocket frames one behind the other, or fetch with POST, 32 at once, of which the browser sends six at a time over HTTP/1.1, and all over HTTP/2.',
  chart: { kind: 'bars', columns: ['messages/s'] },
  async measure(stage, { sheet }) {
    await forEachPage(stage, async (page, row, technique) => {
      const options = { technique, bytes: 64, inFlight: 32, count: UPLOADS[technique] };
      await page.call('upload', options);
      await allArrivals(stage.server, options.count);
      await page.call('upload', options);
      const times = [...(await allArrivals(stage.server, options.count)).values()];
      const series = technique === 'websocket' ? TITLES[technique] : 'fetch with POST';
      sheet.add(row, series, {
        'messages/s': rateOf(times),
      });
      await page.call('disconnect', undefined);
    });
  },
};

const MANY = 30;
/** Milliseconds in which what is going to open has opened. */
const OPENING_TIME = 1_500;

const limit: BrowserScene = {
  name: 'limit',
  title: 'Many connections of one page',
  text: `A page opens ${MANY} at once, and after ${OPENING_TIME} ms asks for a file, which it waits for as long again. Over HTTP/1.1, a browser has six connections to a host, of all its pages, and each event stream takes one.`,
  chart: { kind: 'bars', columns: ['open (connections)'] },
  // Nothing about it changes from one time to the next.
  rounds: 1,
  async measure(stage, { sheet }) {
    await forEachPage(stage, async (page, row, technique) => {
      const options = { technique, count: MANY, time: OPENING_TIME };
      const { opened, request } = await page.call<{ opened: number; request: number | null }>('openMany', options);
      sheet.add(row, TITLES[technique], {
        'open (connections)': opened,
        'a request beside (ms)': request ?? 'no answer',
      });
    });
  },
};

const RECOVERIES = [
  { series: 'event stream, retry: 200', path: '/recovery?retry=200' },
  { series: 'event stream, as the browser has it', path: '/recovery' },
];

const recovery: BrowserScene = {
  name: 'recovery',
  title: 'Recovery of the browser’s EventSource',
  text: 'An event each 20 ms, and the server breaks the connection. The browser opens it again by itself, with Last-Event-ID, after the time that the server has told it, or after its own.',
  chart: { kind: 'bars', columns: ['gap (ms)'] },
  rounds: 3,
  async measure(stage, { sheet }) {
    const { server } = stage;
    await server.call('tick', 20);
    for (const { series, path } of RECOVERIES) {
      const page = await stage.open('http');
      await page.call('beginRecovery', path);
      await server.call('drop', undefined);
      const { noticed, reopened, received } = await page.call<{
        noticed: number;
        reopened: number;
        received: { id: number; time: number }[];
      }>('takeRecovery', undefined);
      const back = received.find(({ time }) => time >= reopened)!;
      const lastBefore = received.findLast(({ time }) => time < reopened)!;
      sheet.add('connection broken', series, {
        'open again (ms)': reopened - noticed,
        'gap (ms)': back.time - lastBefore.time,
        'lost (events)': back.id - lastBefore.id - 1,
      });
      await page.close();
    }
    await server.call('tick', 0);
  },
};

/** In the order of the report. */
export const BROWSER_SCENES: readonly BrowserScene[] = [setUp, exchange, latency, throughput, upload, limit, recovery];
