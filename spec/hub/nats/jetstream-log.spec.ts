import type { NatsConnection } from '@nats-io/transport-node';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { NewLogEntry } from '../../../src/hub/log.ts';
import { JetStreamLog, type JetStreamLogOptions } from '../../../src/hub/nats/index.ts';
import { findNatsServer } from '../../support/external-programs.ts';
import { NatsServer } from '../engines/nats-server.ts';
import { RecordedTail } from '../engines/recorded-tail.ts';

const entry = (data: unknown, more: Partial<NewLogEntry> = {}): NewLogEntry => ({
  topic: 'a/b',
  event: undefined,
  data: JSON.stringify(data),
  idempotencyKey: undefined,
  ...more,
});

describe.skipIf(findNatsServer() === null)('JetStreamLog', () => {
  let server: NatsServer;
  let connection: NatsConnection;
  const logs: JetStreamLog[] = [];
  let streams = 0;

  beforeAll(async () => {
    server = await NatsServer.start();
    connection = await server.connect();
  });
  afterAll(() => server.close());
  afterEach(async () => {
    await Promise.all(logs.splice(0).map((log) => log.close()));
  });

  function open(options: Partial<JetStreamLogOptions> = {}): JetStreamLog {
    const log = new JetStreamLog({ connection, stream: `log-${streams}`, ...options });
    logs.push(log);
    return log;
  }
  function openNew(options: Partial<JetStreamLogOptions> = {}): JetStreamLog {
    streams++;
    return open(options);
  }
  async function callServer(name: string, body = {}): Promise<Record<string, unknown>> {
    return (await connection.request(`$JS.API.${name}`, JSON.stringify(body))).json();
  }

  describe('append and read', () => {
    it('reads what was appended', async () => {
      const log = openNew();
      const { latestId } = await log.range();
      const first = await log.append(entry({ a: 1 }, { topic: 'ä"\\/\n', event: 'e"}' }));
      const second = await log.append(entry('}'));
      expect(await log.read(latestId, 10)).toEqual([
        { id: first.id, topic: 'ä"\\/\n', event: 'e"}', data: '{"a":1}' },
        { id: second.id, topic: 'a/b', event: undefined, data: '"}"' },
      ]);
      expect(await log.read(latestId, 1)).toHaveLength(1);
      expect(await log.read(second.id, 10)).toEqual([]);
    });

    it('names the position before the first entry of an empty log', async () => {
      const log = openNew();
      const { oldestId, latestId } = await log.range();
      expect(oldestId).toBeNull();
      expect(await log.read(latestId, 10)).toEqual([]);
      const { id } = await log.append(entry(1));
      expect(await log.range()).toEqual({ oldestId: id, latestId: id });
      expect(log.compare(latestId, id)).toBe(-1);
    });

    it('reads the data as it was written, to the byte', async () => {
      const log = openNew();
      const { latestId } = await log.range();
      const data = '{ "a": 1.0, "a": "\\u00e4ä" }';
      await log.append({ ...entry(0), data });
      expect((await log.read(latestId, 1))?.[0]?.data).toBe(data);
    });

    it('gives a message of another program an empty topic', async () => {
      const log = openNew();
      const { latestId } = await log.range();
      connection.publish(`log-${streams}.events`, 'hello');
      await log.append(entry(1));
      const entries = await log.read(latestId, 10);
      expect(entries?.map(({ topic, data }) => [topic, data])).toEqual([
        ['', 'null'],
        ['a/b', '1'],
      ]);
    });

    it('appends in the order of the calls, from the first on', async () => {
      const log = openNew();
      const numbers = Array.from({ length: 500 }, (_, index) => index);
      const appended = await Promise.all(numbers.map((number) => log.append(entry(number))));
      const { oldestId } = await log.range();
      expect(appended.map(({ id }) => log.compare(id, oldestId!))).toEqual(numbers);
    });

    it('appends an event with the same idempotency key once', async () => {
      const log = openNew();
      const first = await log.append(entry(1, { idempotencyKey: 'ä\r\nkey' }));
      const again = await open().append(entry(2, { idempotencyKey: 'ä\r\nkey' }));
      const other = await log.append(entry(3, { idempotencyKey: 'ä\r\nkey 2' }));
      expect([first.duplicate, again.duplicate, other.duplicate]).toEqual([false, true, false]);
      expect(again.id).toBe(first.id);
      expect(log.compare(other.id, first.id)).toBe(1);
    });

    it('has nothing after ids of other logs, later positions and what is not an id', async () => {
      const other = await openNew().append(entry(1));
      const log = openNew();
      const { id } = await log.append(entry(1));
      const [epoch] = id.split('-');
      const ids = [other.id, `${epoch}-2`, `${epoch}.1-1`, `${epoch}-01`, `${epoch}--1`, `${epoch}`, '', 'x', '1-1\n'];
      for (const after of ids) expect(await log.read(after, 10), after).toBeNull();
    });

    it('compares ids of one log only', async () => {
      const other = await openNew().append(entry(1));
      const { id } = await openNew().append(entry(1));
      expect(logs[0]!.compare(id, other.id)).toBeNaN();
      expect(logs[0]!.compare(id, 'x')).toBeNaN();
      expect(logs[0]!.compare(id, id)).toBe(0);
    });

    it('has nothing after an id whose next entry was trimmed', async () => {
      const log = openNew({ maxLength: 3 });
      const appended = [];
      for (const number of [1, 2, 3, 4, 5]) appended.push((await log.append(entry(number))).id);
      expect(await log.read(appended[0]!, 10)).toBeNull();
      expect((await log.read(appended[1]!, 10))?.map(({ data }) => data)).toEqual(['3', '4', '5']);
      expect((await log.range()).oldestId).toBe(appended[2]);
    });

    it('has nothing after an id if an entry is missing in the middle', async () => {
      const log = openNew();
      const { latestId } = await log.range();
      for (const number of [1, 2, 3]) await log.append(entry(number));
      await callServer(`STREAM.MSG.DELETE.log-${streams}`, { seq: 2 });
      expect(await log.read(latestId, 10)).toBeNull();
      expect(await log.read(latestId, 1)).toHaveLength(1);
    });

    it('rejects an event that is too large for the server, and says the limit', async () => {
      const log = openNew();
      const error = await log.append(entry('x'.repeat(2 ** 20))).catch((reason) => reason);
      expect(error.code).toBe('HUB_ERR_NOT_PUBLISHED');
      expect(error.message).toBe(
        'The event was not published: it takes 1048601 bytes; the server allows 1048576 (max_payload)',
      );
    });

    it('rejects an event that the stream refuses', async () => {
      const log = openNew();
      const { config } = (await callServer(`STREAM.INFO.log-${streams}`)) as { config?: object };
      expect(config).toBeUndefined();
      await log.range();
      const info = (await callServer(`STREAM.INFO.log-${streams}`)) as { config: object };
      await callServer(`STREAM.UPDATE.log-${streams}`, { ...info.config, max_msg_size: 100 });
      await expect(log.append(entry('x'.repeat(100)))).rejects.toMatchObject({ code: 'HUB_ERR_NOT_PUBLISHED' });
      expect(await log.append(entry('x'))).toMatchObject({ duplicate: false });
    });

    it('uses a stream that exists with other settings, and creates none with other subjects', async () => {
      const log = openNew({ maxLength: 2 });
      const { id } = await log.append(entry(1));
      expect((await open({ maxLength: 3 }).range()).latestId).toBe(id);
      await callServer('STREAM.CREATE.foreign', { name: 'foreign', subjects: ['other'] });
      await expect(open({ stream: 'foreign' }).append(entry(1))).rejects.toThrow(
        'The event was not published: the stream "foreign" must have the subject "foreign.events"; it has ["other"]',
      );
    });
  });

  describe('tail', () => {
    it('receives what all logs append, in the order of the log', async () => {
      openNew();
      const own = [open(), open({ connection: await server.connect() }), open({ connection: await server.connect() })];
      const tails = await Promise.all(own.map((log) => RecordedTail.of(log)));
      const numbers = Array.from({ length: 3334 }, (_, index) => index);
      await Promise.all(own.flatMap((log, writer) => numbers.map((number) => log.append(entry([writer, number])))));
      const total = 3 * numbers.length;
      await Promise.all(tails.map((tail) => tail.until(({ entries }) => entries.length >= total)));
      for (const tail of tails) {
        expect(tail.entries).toEqual(tails[0]!.entries);
        expect(tail.starts).toHaveLength(1);
      }
      const { entries, starts } = tails[0]!;
      expect(entries.map(({ id }) => own[0]!.compare(id, starts[0]!))).toEqual(entries.map((_, index) => index + 1));
      const written = entries.map(({ data }): [number, number] => JSON.parse(data));
      for (const writer of [0, 1, 2]) {
        expect(written.filter(([by]) => by === writer).map(([, number]) => number)).toEqual(numbers);
      }
    });

    it('begins after the latest entry', async () => {
      const log = openNew();
      const { id } = await log.append(entry(1));
      const tail = await RecordedTail.of(log);
      expect(tail.starts).toEqual([id]);
      await log.append(entry(2));
      await tail.until(({ entries }) => entries.length > 0);
      expect(tail.data).toEqual(['2']);
    });

    it('starts again when the stream was deleted and created anew by another process', async () => {
      const log = openNew();
      const tail = await RecordedTail.of(log);
      const { id } = await log.append(entry(1));
      await callServer(`STREAM.DELETE.log-${streams}`);
      const other = await open().range();
      await tail.until(({ starts }) => starts.length === 2);
      expect(tail.starts[1]).toBe(other.latestId);
      const { id: next } = await log.append(entry(2));
      expect(log.compare(next, id)).toBeNaN();
      await tail.until(({ entries }) => entries.at(-1)?.id === next);
      expect(await log.read(id, 10)).toBeNull();
    });

    it('creates the stream again when it was deleted', async () => {
      const log = openNew();
      await log.append(entry(1));
      await callServer(`STREAM.DELETE.log-${streams}`);
      await expect(log.append(entry(2))).rejects.toMatchObject({ code: 'HUB_ERR_NOT_PUBLISHED' });
      expect(await log.append(entry(3))).toMatchObject({ duplicate: false });
    });

    it('starts again at an entry if those before it were trimmed unread', async () => {
      const log = openNew({ maxLength: 10 });
      const tail = await RecordedTail.of(log);
      const other = open({ connection: await server.connect() });
      const numbers = Array.from({ length: 2000 }, (_, index) => index);
      const appended = await Promise.all(numbers.map((number) => other.append(entry(number))));
      const { id } = appended.at(-1)!;
      await tail.until(({ entries, starts }) => (entries.at(-1)?.id ?? starts.at(-1)) === id);
      // Whether the server trims faster than it sends is not certain. Either way, no gap is silent.
      let position = tail.starts[0]!;
      const starts = new Set(tail.starts.slice(1));
      for (const { id } of tail.entries) {
        const distance = log.compare(id, position);
        if (distance !== 1) expect([...starts].some((start) => log.compare(id, start) === 1)).toBe(true);
        position = id;
      }
    });

    it('is silent after close', async () => {
      const log = openNew();
      const [closed, open] = [await RecordedTail.of(log), await RecordedTail.of(log)];
      closed.tail.close();
      closed.tail.close();
      await log.append(entry(1));
      await open.until(({ entries }) => entries.length === 1);
      expect(closed.calls).toEqual(['start']);
    });

    it('calls no more when it is closed during a call', async () => {
      const log = openNew();
      const calls: string[] = [];
      const watched = await RecordedTail.of(log);
      const tail = log.tail({
        onStart: () => void calls.push('start'),
        onEntries() {
          calls.push('entries');
          tail.close();
        },
        onError: () => void calls.push('error'),
      });
      while (calls.length === 0) await log.range();
      await log.append(entry(1));
      await log.append(entry(2));
      await watched.until(({ entries }) => entries.length === 2);
      await log.range();
      expect(calls).toEqual(['start', 'entries']);
    });
  });

  describe('close', () => {
    it('ends what the log has opened, and leaves the connection open', async () => {
      const log = openNew();
      await RecordedTail.of(log);
      await log.presence.write('p', '{}', 1000);
      const waiting = log.append(entry(1));
      await log.close();
      await log.close();
      await expect(waiting).rejects.toMatchObject({ name: 'HubError' });
      await expect(log.append(entry(2))).rejects.toMatchObject({ code: 'HUB_ERR_CLOSED' });
      await expect(log.read('a-1', 1)).rejects.toMatchObject({ code: 'HUB_ERR_CLOSED' });
      await expect(log.range()).rejects.toMatchObject({ code: 'HUB_ERR_CLOSED' });
      expect(() => log.tail({} as never)).toThrow('The log is closed');
      expect(connection.isClosed()).toBe(false);
      const consumers = async (): Promise<unknown> => (await callServer(`CONSUMER.NAMES.log-${streams}`)).consumers;
      while (((await consumers()) as unknown[] | null)?.length) await connection.flush();
    });

    it('rejects what is done on a connection that the application has closed', async () => {
      const own = await server.connect();
      const log = openNew({ connection: own });
      const tail = await RecordedTail.of(log);
      await own.close();
      await tail.until(({ errors }) => errors.length > 0);
      expect(tail.errors.map(({ message }) => message)).toEqual(['the connection to NATS is closed']);
      await expect(log.append(entry(1))).rejects.toMatchObject({
        code: 'HUB_ERR_NOT_PUBLISHED',
        message: 'The event was not published: the connection to NATS is closed',
      });
      await expect(log.range()).rejects.toThrow('the connection to NATS is closed');
    });
  });

  describe('options', () => {
    it.each([
      ['connection', {}, 'connection must be a connection to NATS; received an object'],
      ['stream', 'a.b', 'stream must be 1 to 64 letters, digits, "_" and "-"; received "a.b"'],
      ['maxLength', 0, 'maxLength must be a whole number from 1 to 9007199254740991; received 0'],
      ['maxBytes', 1.5, 'maxBytes must be a whole number from 1 to 9007199254740991; received 1.5'],
      ['replicas', 6, 'replicas must be a whole number from 1 to 5; received 6'],
      ['storage', 'disk', 'storage must be "file" or "memory"; received "disk"'],
      ['duplicateWindow', -1, 'duplicateWindow must be a whole number from 0 to 2147483647; received -1'],
      ['timeout', 0, 'timeout must be a whole number from 1 to 2147483647; received 0'],
      ['inboxPrefix', 1, 'inboxPrefix must be a string; received 1'],
    ])('refuses a wrong %s', (name, value, message) => {
      const create = (): JetStreamLog => new JetStreamLog({ connection, [name]: value } as never);
      expect(create).toThrow(expect.objectContaining({ code: 'HUB_ERR_INVALID_OPTION', message }));
    });
  });
});
