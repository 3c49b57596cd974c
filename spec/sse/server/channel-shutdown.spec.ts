import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { EventChannel, EventParser, EventStream } from '../../../src/sse/index.ts';
import { serve } from '../../support/http-server.ts';

type Filter = (event: { readonly data?: string | undefined }) => boolean;

interface Reader {
  /** The data of the events that were received. */
  readonly data: string[];
  /** The ID with which the client would reconnect. */
  lastId: () => string;
  read(): void;
  /** Resolves when the server has ended the stream. */
  readonly end: Promise<unknown>;
}

/** A client of a channel that receives one stream, and does not reconnect. */
async function openReader(channel: EventChannel, filter?: Filter): Promise<Reader> {
  const url = new URL(
    await serve((request, response) => void channel.add(EventStream.open(request, response), { filter })),
  );
  const joined = once(channel, 'join');
  const client = connect(Number(url.port), '127.0.0.1');
  onTestFinished(() => void client.destroy());
  const data: string[] = [];
  const parser = new EventParser({ onEvent: (event) => void data.push(event.data) });
  client.write('GET / HTTP/1.0\r\n\r\n');
  await joined;
  const read = (): void => void client.on('data', (chunk) => parser.push(chunk));
  return { data, lastId: () => parser.lastEventId, read, end: once(client, 'end') };
}

describe('EventChannel.shutdown() within a filter', () => {
  it.each([0, 1, 2])('loses no event of any client: the filter of client %i calls it', async (caller) => {
    const channel = new EventChannel();
    let done: Promise<void> | undefined;
    const filterOf = (index: number): Filter => {
      return ({ data }) => {
        if (index === caller && data === 'stop') {
          channel.broadcast('inner');
          done = channel.shutdown();
        }
        return true;
      };
    };
    const readers: Reader[] = [];
    for (const index of [0, 1, 2]) readers.push(await openReader(channel, filterOf(index)));
    for (const { read } of readers) read();
    channel.broadcast('first');
    channel.broadcast('stop');
    await Promise.all([done, ...readers.map(({ end }) => end)]);
    for (const { data } of readers) expect(data).toEqual(['first', 'stop', 'inner']);
    expect(channel.size).toBe(0);
  });
});

describe('A client of a channel that shuts down', () => {
  const CASES = [true, false].flatMap((isSlow) =>
    [0, 1, 500].flatMap((late) => [true, false].map((seesAll) => ({ isSlow, late, seesAll }))),
  );

  it.each(CASES)('continues after the last event that was meant for it: $isSlow, $late, $seesAll', async (row) => {
    const { isSlow, late, seesAll } = row;
    const channel = new EventChannel({ history: { count: 10_000, bytes: 64 * 1024 * 1024 } });
    const reader = await openReader(channel, ({ data }) => seesAll || data !== 'hidden');
    if (!isSlow) reader.read();
    for (let id = 1; id <= 300; id++) channel.broadcast({ id, data: 'x'.repeat(20_000) });
    channel.broadcast({ id: 301, data: 'hidden' });
    const done = channel.shutdown();
    for (let index = 1; index <= late; index++) channel.broadcast({ id: `late-${index}`, data: 'late' });
    if (isSlow) reader.read();
    await Promise.all([done, reader.end]);
    expect(reader.data).toHaveLength(seesAll ? 301 : 300);
    expect(Number(reader.lastId())).toBeGreaterThanOrEqual(300);
  });
});
