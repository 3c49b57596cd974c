import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { JetStreamLog, type NatsConnection, type NatsMessage } from '../../../src/hub/nats/index.ts';
import { dataOf } from '../log-contract.ts';
import { recordTail } from '../recorded-tail.ts';

const EPOCH = '2026-01-01T00:00:00Z';
const ENTRY = '{"topic":"t","data":1}';

/** A connection to a server with a stream of `last` entries, and the subjects to which its consumers send. */
function fakeServer(last: number) {
  const callbacks = new Map<string, (error: null, message: NatsMessage) => void>();
  const consumers: string[] = [];
  const send = (subject: string, data: string, fields: Partial<NatsMessage> = {}): void => {
    const [, callback] = [...callbacks].find(([filter]) => filter === subject || matches(filter, subject)) ?? [];
    callback?.(null, { subject, data: Buffer.from(data), string: () => data, ...fields });
  };
  const stream = {
    config: { subjects: ['pushwire.events'] },
    created: EPOCH,
    state: { messages: last, first_seq: 1, last_seq: last, last_ts: EPOCH },
  };
  const connection: NatsConnection = {
    info: { max_payload: 1_000_000 },
    publish(subject, payload = '', { reply = '' } = {}) {
      if (subject.startsWith('$JS.API.CONSUMER.CREATE.')) {
        consumers.push(JSON.parse(payload).config.deliver_subject);
        queueMicrotask(() => send(reply, JSON.stringify({ name: 'consumer' })));
      } else if (subject.startsWith('$JS.API.CONSUMER.MSG.NEXT.')) consumers.push(reply);
      else if (subject.startsWith('$JS.API.STREAM.INFO.')) {
        queueMicrotask(() => send(reply, JSON.stringify(stream)));
      }
    },
    subscribe(subject, { callback }) {
      callbacks.set(subject, callback);
      return { unsubscribe: () => void callbacks.delete(subject) };
    },
    async *status() {
      yield await new Promise<never>(() => {});
    },
    isClosed: () => false,
  };
  /** A consumer sends its entry with this number. */
  const deliver = (consumer: string, sequence: number, number: number): void =>
    send(consumer, ENTRY, { reply: `$JS.ACK.pushwire.consumer.1.${sequence}.${number}.1.0` });
  const sendHeartbeat = (consumer: string, sent: number): void => {
    const get = (name: string): string => (name === 'Nats-Last-Consumer' ? String(sent) : '');
    send(consumer, '', { headers: { code: 100, description: 'Idle Heartbeat', get } });
  };
  return { connection, consumers, deliver, sendHeartbeat };
}

const matches = (filter: string, subject: string): boolean =>
  filter.endsWith('.*') && subject.startsWith(filter.slice(0, -1));

describe('JetStreamLog on a slow network', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('reads a page whose entries arrive one by one, each within the timeout', async () => {
    const { connection, consumers, deliver } = fakeServer(3);
    const log = new JetStreamLog({ connection, timeout: 1000 });
    const { latestId } = await log.range();
    const page = log.read(latestId.replace(/3$/, '0'), 10);
    for (const sequence of [1, 2, 3]) {
      await vi.advanceTimersByTimeAsync(900);
      deliver(consumers.at(-1)!, sequence, sequence);
    }
    expect(dataOf((await page)!)).toEqual(['1', '1', '1']);
    await log.close();
  });

  it('waits longer for an entry each time that it does not arrive, and less again when nothing is on its way', async () => {
    const { connection, consumers, deliver, sendHeartbeat } = fakeServer(0);
    const log = new JetStreamLog({ connection });
    const tail = recordTail(log);
    await tail.untilStarted();
    await vi.advanceTimersByTimeAsync(0);
    // An entry takes ten seconds. Each consumer sends it from its beginning.
    for (let attempt = 0; tail.entries.length === 0 && attempt < 5; attempt++) {
      const current = consumers.at(-1)!;
      for (let waited = 0; current === consumers.at(-1) && waited < 10; waited++)
        await vi.advanceTimersByTimeAsync(1000);
      deliver(current, 1, 1);
      await vi.advanceTimersByTimeAsync(0);
    }
    expect(tail.entries).toHaveLength(1);
    for (let beats = 0; beats < 10; beats++) sendHeartbeat(consumers.at(-1)!, 1);
    await vi.advanceTimersByTimeAsync(12_000);
    const silences = tail.errors.map(({ message }) => /\d+/.exec(message)![0]);
    expect(silences).toEqual(['3000', '6000', '3000']);
    await log.close();
  });
});
