import { setTimeout as wait } from 'node:timers/promises';
import { articleTotal, type Exchange, errorOf, sequentialTotal, type Terms, termsOf } from '../exchange-terms.ts';
import type { ExchangeOptions } from '../processes/client-operations.ts';
import { median } from '../statistics.ts';
import type { Stage } from '../test-bed.ts';
import type { Notes, Scene } from './scene.ts';

/** Of each kind in a round. */
const COUNT = 10;

/** All terms, one behind the other. */
export const TERMS_CHART: Scene['chart'] = {
  kind: 'stack',
  columns: ['C (ms)', 'C2 (ms)', 'R up (ms)', 'P (ms)', 'R down (ms)'],
};

/** The model, judged: all terms of a whole exchange. */
export const exchange: Scene = {
  name: 'exchange',
  title: 'A whole exchange: T, and two models of it',
  text: 'A client that is not connected opens its connection, sends a message of 64 B, and gets the answer pushed. T is the whole, by the clock of the client alone. C is the set-up, C2 that of a second connection for the POST, R up goes from the call to the application of the server, P from there to the write of the answer, R down from that to the event in the client. The article has T = C + R for a WebSocket, and T = C + R + P for an event stream, where R is the request with its response. In order: C + C2 + R up + P + R down. How far each is from T is told in percent.',
  chart: TERMS_CHART,
  async measure(stage, notes) {
    for (const { row, series, options } of [...kindsOf(stage, 'http'), ...kindsOf(stage, 'https')]) {
      const exchanges: Exchange[] = [];
      // One after another, so that none waits for another. The first one pays for code that has not run before.
      for (let index = 0; index <= COUNT; index++) exchanges.push(...(await measureExchanges(stage, options, 1)));
      noteExchanges(notes, row, series, exchanges.slice(1));
    }
  },
};

const DELAYS = [20, 100, 300];
/** Milliseconds from which on there is no TLS, as it would take longer than the rest of the round. */
const LONG = 300;
/** Milliseconds between the starts of those that run at the same time. */
const STAGGER = 12;

/** The same from far away. */
export const network: Scene = {
  name: 'network',
  title: 'A whole exchange through a network',
  text: 'The same through a relay in this machine that delays each byte by so many milliseconds each way; 0 ms is the relay alone. The round trip of the handshake of TCP, which the kernel answers by itself, is charged to the first bytes, and counted in C and C2.',
  chart: TERMS_CHART,
  waits: true,
  async measure(stage, notes) {
    // So that no code runs for the first time.
    for (const { options } of kindsOf(stage, 'https')) await measureExchanges(stage, options, 2);
    const kindsAt = async (delay: number): Promise<DistantKind[]> => {
      const ports = {
        http: await stage.relay(stage.ports.http, { delay }),
        https: await stage.relay(stage.ports.https, { delay }),
        http2: await stage.relay(stage.ports.http2, { delay }),
      };
      const kinds = [...kindsOf(stage, 'http', ports), ...kindsOf(stage, 'https', ports)];
      return kinds.map((kind) => ({ ...kind, delay }));
    };
    for (const kind of await kindsAt(0)) await measureThrough(stage, notes, kind);
    const far = (await Promise.all(DELAYS.map(kindsAt)))
      .flat()
      .filter(({ row, delay }) => row === 'TCP' || delay < LONG);
    // In this order in the table, whichever ends first.
    for (const { row, series, delay } of far) notes.sheet.add(rowOf(row, delay), series, {});
    // All at once, as they have little to do but wait.
    await Promise.all(
      far.map(async (kind, index) => {
        await wait(index * STAGGER);
        await measureThrough(stage, notes, kind);
      }),
    );
  },
};

async function measureThrough(stage: Stage, notes: Notes, { row, series, options, delay }: DistantKind): Promise<void> {
  const exchanges = await measureExchanges(stage, options, 1);
  // The client believes at once that TCP is connected: with TLS, the round trip is in the handshake of that.
  const charged = exchanges.map((one) =>
    series === NEW_POST && row === 'TCP' ? { ...one, secondConnection: one.secondConnection + 2 * delay } : one,
  );
  noteExchanges(notes, rowOf(row, delay), series, charged);
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
  /** Of the relay in between. */
  readonly delay: number;
}

const NEW_POST = 'event stream, new POST';

/** How a client and a server may talk. HTTP/2 needs TLS, as in browsers. */
function kindsOf(
  stage: Stage,
  transport: 'http' | 'https',
  through: Partial<Record<'http' | 'https' | 'http2', number>> = {},
): Kind[] {
  const row = transport === 'http' ? 'TCP' : 'TLS 1.3';
  const stream = stage.target('event-stream', '/', transport, through[transport]);
  const http2 = stage.target('event-stream', '/', 'http2', through.http2);
  return [
    { row, series: 'WebSocket', options: stage.target('websocket', '/', transport, through[transport]) },
    { row, series: NEW_POST, options: stream },
    { row, series: 'event stream, kept POST', options: { ...stream, keepsConnection: true } },
    ...(transport === 'http' ? [] : [{ row, series: 'event stream, HTTP/2', options: http2 } as const]),
  ];
}

let exchangesSoFar = 0;

/** So many at once. */
export async function measureExchanges(
  { client, server }: Stage,
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

export function noteExchanges(notes: Notes, row: string, series: string, exchanges: readonly Exchange[]): void {
  const terms = exchanges.map(termsOf);
  const medianOf = (term: keyof Terms): number => median(terms.map((one) => one[term]));
  notes.sheet.add(row, series, {
    'C (ms)': medianOf('C'),
    'C2 (ms)': medianOf('C2'),
    'R up (ms)': medianOf('R up'),
    'P (ms)': medianOf('P'),
    'R down (ms)': medianOf('R down'),
    'T (ms)': medianOf('T'),
    'article - T (%)': median(exchanges.map((one) => errorOf(articleTotal(one), termsOf(one)))),
    'in order - T (%)': median(terms.map((one) => errorOf(sequentialTotal(one), one))),
  });
  for (const one of exchanges) notes.exchange(row, series, one);
}
