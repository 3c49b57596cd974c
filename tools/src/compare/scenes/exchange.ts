import { setTimeout as wait } from 'node:timers/promises';
import { articleTotal, type Exchange, errorOf, sequentialTotal, type Terms, termsOf } from '../exchange-terms.ts';
import type { ExchangeOptions } from '../processes/client-operations.ts';
import { median } from '../statistics.ts';
import type { TestBed } from '../test-bed.ts';
import type { Results, Scene } from './scene.ts';

/** The number of exchanges of each kind per round. */
const COUNT = 10;

/** One bar per line, in which all terms are stacked. */
export const TERMS_CHART: Scene['chart'] = {
  kind: 'stack',
  columns: ['C (ms)', 'C2 (ms)', 'R up (ms)', 'P (ms)', 'R down (ms)'],
};

/** All terms of a complete exchange, and how well two models predict their sum. */
export const exchange: Scene = {
  name: 'exchange',
  title: 'A complete exchange: T and two models',
  text: 'A client connects, sends a message of 64 B, and receives a pushed answer. T is the total time by the clock of the client. C is the connection set-up, and C2 the set-up of a second connection for the POST request. R up is the time from the call to the server application, P from there to the write of the answer, and R down from that write to the event in the client. The model “article” is that of the article from which pushwire began: T = C + R for a WebSocket, and T = C + R + P for an event stream, where R is the request with its response. The model “sequential” is T = C + C2 + R up + P + R down. The last two columns show the deviation of each model from T in percent.',
  chart: TERMS_CHART,
  async measure(testBed, results) {
    for (const { row, series, options } of [...kindsOf(testBed, 'http'), ...kindsOf(testBed, 'https')]) {
      const exchanges: Exchange[] = [];
      // One at a time, so that none waits for another. Skip the first one: its code was not compiled yet.
      for (let index = 0; index <= COUNT; index++) exchanges.push(...(await measureExchanges(testBed, options, 1)));
      recordExchanges(results, row, series, exchanges.slice(1));
    }
  },
};

/** Milliseconds each way. */
const DELAYS = [20, 100, 300];
/** From this delay on, TLS is not measured, because it would take longer than the rest of the round. */
const MAX_TLS_DELAY = 300;
/** Between the starts of concurrent exchanges, in milliseconds. */
const STAGGER = 12;

/** The same over a simulated network. */
export const network: Scene = {
  name: 'network',
  title: 'A complete exchange over a network',
  text: 'The same exchange through a relay on this machine that delays each byte by the given time each way; 0 ms means only the relay. The kernel answers the TCP handshake without this delay. The relay adds the missing round trip to the first bytes, so C and C2 include it.',
  chart: TERMS_CHART,
  isMostlyIdle: true,
  async measure(testBed, results) {
    // Warm up, so that all code is compiled.
    for (const { options } of kindsOf(testBed, 'https')) await measureExchanges(testBed, options, 2);
    const kindsAt = async (delay: number): Promise<DistantKind[]> => {
      const ports = {
        http: await testBed.relay(testBed.ports.http, { delay }),
        https: await testBed.relay(testBed.ports.https, { delay }),
        http2: await testBed.relay(testBed.ports.http2, { delay }),
      };
      const kinds = [...kindsOf(testBed, 'http', ports), ...kindsOf(testBed, 'https', ports)];
      return kinds.map((kind) => ({ ...kind, delay }));
    };
    for (const kind of await kindsAt(0)) await measureThrough(testBed, results, kind);
    const far = (await Promise.all(DELAYS.map(kindsAt)))
      .flat()
      .filter(({ row, delay }) => row === 'TCP' || delay < MAX_TLS_DELAY);
    // Fix the order in the table, as the exchanges end in any order.
    for (const { row, series, delay } of far) results.table.add(rowOf(row, delay), series, {});
    // Concurrently, as they spend most of the time waiting.
    await Promise.all(
      far.map(async (kind, index) => {
        await wait(index * STAGGER);
        await measureThrough(testBed, results, kind);
      }),
    );
  },
};

async function measureThrough(
  testBed: TestBed,
  results: Results,
  { row, series, options, delay }: DistantKind,
): Promise<void> {
  const exchanges = await measureExchanges(testBed, options, 1);
  const corrected = row === 'TCP' ? exchanges.map((one) => addTcpRoundTrip(one, delay)) : exchanges;
  recordExchanges(results, rowOf(row, delay), series, corrected);
}

/**
 * Corrects the set-up of the POST connection through a relay without TLS: the kernel completes the TCP handshake without the
 * delay of the relay. (With TLS, the missing round trip is part of the TLS handshake.)
 */
export function addTcpRoundTrip(exchange: Exchange, delay: number): Exchange {
  if (exchange.secondConnection === 0) return exchange;
  return { ...exchange, secondConnection: exchange.secondConnection + 2 * delay };
}

function rowOf(row: string, delay: number): string {
  return `${delay} ms, ${row}`;
}

interface Kind {
  readonly row: 'TCP' | 'TLS 1.3';
  readonly series: string;
  readonly options: Omit<ExchangeOptions, 'count' | 'firstId'>;
}

interface DistantKind extends Kind {
  /** Of the relay, in milliseconds each way. */
  readonly delay: number;
}

const NEW_POST = 'event stream, new POST';

/** The ways of an exchange. As in browsers, HTTP/2 requires TLS. */
function kindsOf(
  testBed: TestBed,
  transport: 'http' | 'https',
  through: Partial<Record<'http' | 'https' | 'http2', number>> = {},
): Kind[] {
  const row = transport === 'http' ? 'TCP' : 'TLS 1.3';
  const stream = testBed.target('event-stream', '/', transport, through[transport]);
  const http2 = testBed.target('event-stream', '/', 'http2', through.http2);
  return [
    { row, series: 'WebSocket', options: testBed.target('websocket', '/', transport, through[transport]) },
    { row, series: NEW_POST, options: stream },
    { row, series: 'event stream, keep-alive POST', options: { ...stream, keepsConnection: true } },
    ...(transport === 'http' ? [] : [{ row, series: 'event stream, HTTP/2', options: http2 } as const]),
  ];
}

let exchangesSoFar = 0;

/** Measures concurrent exchanges. */
export async function measureExchanges(
  { client, server }: TestBed,
  options: Kind['options'],
  count: number,
): Promise<Exchange[]> {
  const firstId = exchangesSoFar;
  exchangesSoFar += count;
  const exchanges = await client.call('exchange', { ...options, firstId, count });
  const arrivals = new Map(await server.call('takeArrivals', { first: firstId, count }));
  return exchanges.map(({ id, ...times }): Exchange => {
    const { arrived, written } = arrivals.get(id)!;
    return { ...times, arrived, written: written! };
  });
}

export function recordExchanges(results: Results, row: string, series: string, exchanges: readonly Exchange[]): void {
  const terms = exchanges.map(termsOf);
  const medianOf = (term: keyof Terms): number => median(terms.map((one) => one[term]));
  results.table.add(row, series, {
    'C (ms)': medianOf('C'),
    'C2 (ms)': medianOf('C2'),
    'R up (ms)': medianOf('R up'),
    'P (ms)': medianOf('P'),
    'R down (ms)': medianOf('R down'),
    'T (ms)': medianOf('T'),
    'article - T (%)': median(exchanges.map((one) => errorOf(articleTotal(one), termsOf(one)))),
    'sequential - T (%)': median(terms.map((one) => errorOf(sequentialTotal(one), one))),
  });
  for (const one of exchanges) results.addExchange(row, series, one);
}
