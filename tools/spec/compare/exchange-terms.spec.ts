import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { articleTotal, type Exchange, errorOf, sequentialTotal, termsOf } from '../../src/compare/exchange-terms.ts';
import { median } from '../../src/compare/statistics.ts';

const WEBSOCKET: Exchange = {
  start: 1000,
  opened: 1080,
  sent: 1080,
  secondConnection: 0,
  arrived: 1100,
  written: 1103,
  received: 1123,
};
/** The POST opens a new connection. Its response arrives at the same time as the push. */
const EVENT_STREAM: Exchange = {
  ...WEBSOCKET,
  secondConnection: 40,
  arrived: 1140,
  written: 1143,
  received: 1163,
  answered: 1163,
};

interface Recorded extends Exchange {
  readonly scene: string;
  readonly row: string;
  readonly series: string;
}

/** Recorded exchanges of a run, with times relative to the start of each. */
const recorded: readonly Recorded[] = JSON.parse(
  readFileSync(new URL('./recorded-exchanges.json', import.meta.url), 'utf8'),
);
const kinds = new Map<string, Recorded[]>();
for (const exchange of recorded) {
  const kind = `${exchange.scene}, ${exchange.row}: ${exchange.series}`;
  kinds.set(kind, [...(kinds.get(kind) ?? []), exchange]);
}

describe('the terms of an exchange', () => {
  it('of a WebSocket are the connection, the request, the push and the response', () => {
    const terms = { C: 80, C2: 0, 'R up': 20, P: 3, 'R down': 20, T: 123 };
    expect(termsOf(WEBSOCKET)).toEqual(terms);
    expect(sequentialTotal(termsOf(WEBSOCKET))).toBe(123);
  });

  it('of an event stream include a second connection for the POST', () => {
    expect(termsOf(EVENT_STREAM)).toEqual({ C: 80, C2: 40, 'R up': 20, P: 3, 'R down': 20, T: 163 });
    expect(sequentialTotal(termsOf(EVENT_STREAM))).toBe(163);
  });

  it('exclude the time before the client sends', () => {
    const terms = termsOf({ ...WEBSOCKET, opened: 1070 });
    expect(errorOf(sequentialTotal(terms), terms)).toBeCloseTo((-100 * 10) / 123);
  });
});

describe("the total in the article's definition", () => {
  it('contains no push for a WebSocket', () => {
    expect(articleTotal(WEBSOCKET)).toBe(80 + 20 + 20);
  });

  it('counts the overlap of the response and the push of an event stream twice', () => {
    expect(articleTotal(EVENT_STREAM)).toBe(80 + 83 + 23);
  });
});

describe('recorded exchanges', () => {
  it('include all kinds', () => {
    expect(kinds.size).toBe(7 + 7 + 3 * 3 + 2 * 4);
  });

  it.each([...kinds])('of %s have terms that add up to T, within 5 % or 0.2 ms', (_, exchanges) => {
    for (const exchange of exchanges) {
      const terms = termsOf(exchange);
      expect(Math.abs(sequentialTotal(terms) - terms.T)).toBeLessThan(Math.max(0.2, 0.05 * terms.T));
    }
    for (const [term, value] of exchanges.flatMap((exchange) => Object.entries(termsOf(exchange)))) {
      expect(value, term).toBeGreaterThanOrEqual(0);
    }
  });

  it.each([...kinds].filter(([name]) => name.includes('event stream')))(
    "of %s are closer to the sum of the terms than to the article's total, which counts the push twice",
    (_, exchanges) => {
      const article = median(exchanges.map((exchange) => Math.abs(errorOf(articleTotal(exchange), termsOf(exchange)))));
      const inOrder = median(exchanges.map(termsOf).map((terms) => Math.abs(errorOf(sequentialTotal(terms), terms))));
      expect(inOrder).toBeLessThan(article);
    },
  );
});
