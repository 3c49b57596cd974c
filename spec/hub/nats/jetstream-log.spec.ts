import type { NatsConnection } from '@nats-io/transport-node';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Log, NewLogEntry } from '../../../src/hub/log/log.ts';
import {
  JetStreamLog,
  type JetStreamLogOptions,
  type NatsConnection as LogConnection,
} from '../../../src/hub/nats/index.ts';
import { findNatsServer } from '../../support/external-programs.ts';
import type { EngineProcess } from '../engines/engine-process.ts';
import { callJetStream, connectNats, startNats } from '../engines/nats-server.ts';
import { dataOf, entry as entryOf } from '../log-contract.ts';
import { type RecordedTail, recordTail } from '../recorded-tail.ts';

const entry = (data: unknown, fields: Partial<NewLogEntry> = {}): NewLogEntry => entryOf(JSON.stringify(data), fields);

/** A connection with other methods. */
function changed(connection: NatsConnection, methods: Partial<LogConnection>): LogConnection {
  return {
    get info() {
      return connection.info;
    },
    publish: (subject, payload, options) => connection.publish(subject, payload, options as never),
    subscribe: (subject, options) => connection.subscribe(subject, options),
    status: () => connection.status(),
    isClosed: () => connection.isClosed(),
    ...methods,
  };
}

/** A connection with other answers. */
function answering(connection: NatsConnection, change: (text: string) => string): LogConnection {
  return changed(connection, {
    subscribe: (subject, { callback }) =>
      connection.subscribe(subject, {
        callback(error, { subject, reply, data, headers, ...message }) {
          const string = (): string => change(Buffer.from(data).toString());
          callback(error, { ...message, subject, data, string, ...(reply && { reply }), ...(headers && { headers }) });
        },
      }),
  });
}

describe.skipIf(findNatsServer() === null)('JetStreamLog', () => {
  let server: EngineProcess;
  let connection: NatsConnection;
  const connections: NatsConnection[] = [];
  const logs: JetStreamLog[] = [];
  let streams = 0;

  beforeAll(async () => {
    server = await startNats();
    connection = await connect();
  });
  afterAll(async () => {
    await Promise.all(connections.map((each) => each.close()));
    await server.end();
  });
  afterEach(async () => {
    await Promise.all(logs.splice(0).map((log) => log.close()));
  });

  async function connect(): Promise<NatsConnection> {
    const opened = await connectNats(server.port);
    connections.push(opened);
    return opened;
  }
  function open(options: Partial<JetStreamLogOptions> = {}): JetStreamLog {
    const log = new JetStreamLog({ connection, stream: `log-${streams}`, ...options });
    logs.push(log);
    return log;
  }
  function openNew(options: Partial<JetStreamLogOptions> = {}): JetStreamLog {
    streams++;
    return open(options);
  }
  async function startTail(log: Log): Promise<RecordedTail> {
    const recorded = recordTail(log);
    await recorded.untilStarted();
    return recorded;
  }
  const callServer = <T>(name: string, body = {}): Promise<T> => callJetStream(connection, name, body);

  describe('append and read', () => {
    it('reads the data as it was written, to the byte', async () => {
      const log = openNew();
      const { latestId } = await log.range();
      const data = '{ "a": 1.0, "a": "\\u00e4ä" }';
      await log.append({ ...entry(0), data });
      expect((await log.read(latestId, 1))?.[0]?.data).toBe(data);
    });

    it('returns an entry with an empty topic for a message of another program', async () => {
      const log = openNew();
      const { latestId } = await log.range();
      connection.publish(`log-${streams}.events`, 'hello');
      await log.append(entry(1));
      const entries = await log.read(latestId, 10);
      expect(entries?.map(({ topic, data }) => [topic, data])).toEqual([
        ['', 'null'],
        ['a', '1'],
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

    it('rejects if the server has lost its consumer, which says nothing about the entries', async () => {
      const { latestId } = await openNew().range();
      // Whether a server answers in this way depends on its version.
      const losing = changed(connection, {
        publish(subject, payload, options) {
          const isPage = subject.startsWith('$JS.API.CONSUMER.MSG.NEXT.');
          connection.publish(isPage ? 'nobody.receives.this' : subject, payload, options as never);
        },
      });
      const log = open({ connection: losing });
      await log.append(entry(1));
      await expect(log.read(latestId, 1)).rejects.toThrow('JetStream has lost the consumer');
    });

    it('does not know what became of an event if a right to append is taken back', async () => {
      let refuse: (error: Error) => void = () => {};
      const refusing = changed(connection, {
        publish(subject, payload, options) {
          if (payload?.endsWith('"data":2}') !== true) return connection.publish(subject, payload, options as never);
          refuse(
            Object.assign(new Error('Refused'), { name: 'PermissionViolationError', operation: 'publish', subject }),
          );
        },
        async *status() {
          for (;;) yield { type: 'error', error: await new Promise<Error>((resolve) => (refuse = resolve)) };
        },
      });
      const log = openNew({ connection: refusing });
      await log.append(entry(1));
      await expect(log.append(entry(2))).rejects.toMatchObject({ code: 'HUB_ERR_OUTCOME_UNKNOWN' });
    });

    it('rejects an event that is too large for the server, and says the limit', async () => {
      const log = openNew();
      const error = await log.append(entry('x'.repeat(2 ** 20))).catch((reason) => reason);
      expect(error.code).toBe('HUB_ERR_NOT_PUBLISHED');
      expect(error.message).toBe(
        'The event was not published: the message exceeds max_payload of the server (limit 1048576 bytes, received 1048599)',
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

    it('uses the stream of another process that creates it at the same time with other options', async () => {
      openNew();
      const both = [open({ maxLength: 10 }), open({ maxLength: 20 })];
      const [first, second] = await Promise.all(both.map((log) => log.append(entry(1))));
      expect(both[0]!.compare(second!.id, first!.id)).toBe(1);
    });

    it('reports an unknown outcome if the answer is not one of JetStream', async () => {
      const log = openNew({ connection: answering(connection, (text) => text.replace(/^\{"stream".*/, 'what?')) });
      await expect(log.append(entry(1))).rejects.toMatchObject({
        code: 'HUB_ERR_OUTCOME_UNKNOWN',
        message: 'The event may have been published: JetStream must answer with JSON; received "what?"',
      });
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
    it('receives the entries of all logs, in the order of the log', async () => {
      openNew();
      const own = [open(), open({ connection: await connect() }), open({ connection: await connect() })];
      const tails = await Promise.all(own.map((log) => startTail(log)));
      const numbers = Array.from({ length: 3334 }, (_, index) => index);
      await Promise.all(own.flatMap((log, writer) => numbers.map((number) => log.append(entry([writer, number])))));
      const total = 3 * numbers.length;
      await Promise.all(tails.map(({ until, entries }) => until(() => entries.length >= total)));
      // As text: to compare 10,000 objects takes longer than to append them.
      expect(new Set(tails.map((tail) => JSON.stringify(tail.entries))).size).toBe(1);
      expect(tails.map((tail) => tail.starts.length)).toEqual([1, 1, 1]);
      const { entries, starts } = tails[0]!;
      expect(entries.every(({ id }, index) => own[0]!.compare(id, starts[0]!) === index + 1)).toBe(true);
      const written = entries.map(({ data }): [number, number] => JSON.parse(data));
      for (const writer of [0, 1, 2]) {
        const ofWriter = written.filter(([by]) => by === writer);
        expect(ofWriter.map(([, number]) => number).join()).toBe(numbers.join());
      }
    });

    it('starts again when the stream was deleted and created anew by another process', async () => {
      const log = openNew();
      const tail = await startTail(log);
      const { id } = await log.append(entry(1));
      await callServer(`STREAM.DELETE.log-${streams}`);
      const other = await open().range();
      await tail.until(() => tail.starts.length === 2);
      expect(tail.starts[1]).toBe(other.latestId);
      const { id: next } = await log.append(entry(2));
      expect(log.compare(next, id)).toBeNaN();
      await tail.until(() => tail.entries.at(-1)?.id === next);
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
      const log = openNew();
      await log.range();
      const stream = `log-${streams}`;
      // The entries are trimmed after the log has looked at the stream, and before it asks for them.
      const trimming = changed(connection, {
        publish(subject, payload, options) {
          if (!subject.startsWith('$JS.API.CONSUMER.CREATE'))
            return connection.publish(subject, payload, options as never);
          const trimmed = Promise.all([log.append(entry(1)), log.append(entry(2)), log.append(entry(3))]);
          void trimmed
            .then(() => callServer(`STREAM.PURGE.${stream}`, { keep: 1 }))
            .then(() => connection.publish(subject, payload, options as never));
        },
      });
      const tail = await startTail(open({ connection: trimming }));
      await tail.untilData('3');
      expect(tail.starts.map((id) => log.compare(id, tail.starts[0]!))).toEqual([0, 2]);
      expect(dataOf(tail.entries)).toEqual(['3']);
    });

    it.each([
      ['has lost entries if that lasts', 100, 2],
      ['has lost nothing if it catches up', 3, 1],
    ])(
      'does not conclude at once that the new leader of a cluster has lost entries: it %s',
      async (_, lags, starts) => {
        let left = 0;
        const own = await connect();
        const lagging = answering(own, (text) => {
          if (!text.includes('stream_info_response') || left === 0) return text;
          left--;
          return text.replace('"last_seq":2', '"last_seq":1').replace('{', '{"cluster":{"replicas":[{}]},');
        });
        const log = openNew({ connection: lagging });
        const tail = await startTail(log);
        await Promise.all([log.append(entry(1)), log.append(entry(2))]);
        await tail.untilData('2');
        left = lags;
        await own.reconnect();
        await tail.until(() => tail.errors.length === 1);
        await tail.until(() => left === 0 || tail.starts.length === 2);
        left = 0;
        await log.append(entry(3));
        await tail.untilData('3');
        expect(tail.starts).toHaveLength(starts);
      },
    );

    it.each([
      ['is followed by another', 2, ['1', '2', '3']],
      ['is the last one', 3, ['1', '2', '3']],
    ])('asks again for a message that is lost on its way and %s', async (_, lost, expected) => {
      let deliveries = 0;
      const losing = changed(connection, {
        subscribe(subject, { callback }) {
          return connection.subscribe(subject, {
            callback: (error, message) => {
              if (message.reply?.startsWith('$JS.ACK.') && ++deliveries === lost) return;
              callback(error, message);
            },
          });
        },
      });
      const log = openNew({ connection: losing });
      const tail = await startTail(log);
      for (const number of [1, 2, 3]) await log.append(entry(number));
      await tail.untilData('3');
      expect(dataOf(tail.entries)).toEqual(expected);
      expect(tail.starts).toHaveLength(1);
      expect(tail.errors).toEqual([]);
    });

    it('makes no further call when it is closed during a call', async () => {
      const log = openNew();
      const calls: string[] = [];
      const watched = await startTail(log);
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
      await watched.until(() => watched.entries.length === 2);
      while (calls.length < 2) await log.range();
      await log.range();
      expect(calls).toEqual(['start', 'entries']);
    });
  });

  describe('presence', () => {
    it('ignores a record of which a part is missing, and messages of other programs', async () => {
      const { presence } = openNew();
      expect(await presence.read()).toEqual(new Map());
      const tell = (message: object): void =>
        connection.publish(`log-${streams}.presence`, JSON.stringify({ process: 'p', expiry: 60_000, ...message }));
      tell({ record: 'a', part: 0, parts: 3 });
      tell({ record: 'c', part: 2, parts: 3 });
      tell({ record: 'b', part: 1, parts: 2 });
      tell({ record: 1 });
      tell({ record: 'x', part: '0' });
      expect(await presence.read()).toEqual(new Map());
      tell({ record: 'a', part: 0, parts: 2 });
      tell({ record: 'b', part: 1, parts: 2 });
      expect(await presence.read()).toEqual(new Map([['p', 'ab']]));
    });
  });

  describe('close', () => {
    it('ends what the log has opened, and leaves the connection open', async () => {
      const log = openNew();
      await startTail(log);
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
      const left = async (): Promise<number> =>
        (await callServer<{ total: number }>(`CONSUMER.NAMES.log-${streams}`)).total;
      while ((await left()) > 0) await connection.flush();
    });

    it('counts no more subscribers, and says so at once', async () => {
      const [log, other] = [openNew({ timeout: 1_000_000 }), open()];
      await Promise.all([log, other].map(({ presence }) => presence.read()));
      await log.close();
      await expect(log.presence.write('p', '{}', 1_000_000)).rejects.toThrow('the log is closed');
      await expect(log.presence.read()).rejects.toThrow('the log is closed');
      expect([...(await other.presence.read())]).toEqual([]);
    });

    it('rejects operations on a connection that the application has closed', async () => {
      const own = await connect();
      const log = openNew({ connection: own });
      const tail = await startTail(log);
      await own.close();
      await tail.until(() => tail.errors.length > 0);
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
      ['duplicateWindow', 0, 'duplicateWindow must be a whole number from 100 to 2147483647; received 0'],
      ['timeout', 0, 'timeout must be a whole number from 1 to 2147483647; received 0'],
      ['inboxPrefix', 1, 'inboxPrefix must be a string; received 1'],
    ])('refuses a wrong %s', (name, value, message) => {
      const create = (): JetStreamLog => new JetStreamLog({ connection, [name]: value } as never);
      expect(create).toThrow(expect.objectContaining({ code: 'HUB_ERR_INVALID_OPTION', message }));
    });
  });
});
