import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import * as defaults from '../src/shared/defaults.ts';
import { Refusal } from '../src/websocket/handshake/refusal.ts';
import { Violation } from '../src/websocket/wire/violation.ts';
import { ChildProgram } from './support/child-program.ts';
import { connectSilently, sendStrangeRequests } from './support/strange-requests.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
const DOCUMENTS = [
  'README.md',
  'SECURITY.md',
  'CONTRIBUTING.md',
  'examples/README.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file}`),
];

interface Sample {
  readonly code: string;
  /** It runs until the end of the document. */
  readonly isServer: boolean;
  /** Its output, from the block of text behind it. */
  readonly prints: string | undefined;
}

const ONE_AFTER_THE_OTHER = join(ROOT, 'spec/support/one-after-the-other.mjs');

/** The samples, except those for an engine, which `spec/engine-samples.spec.ts` runs. */
function samplesOf(document: string): Sample[] {
  const blocks = read(document).matchAll(/^```js( server)?\n(.*?)^```\n(?:\n```text\n(.*?)^```)?/gms);
  return [...blocks].map(([, server, code, prints]) => ({ code: code!, isServer: server !== undefined, prints }));
}

/** A project of a user, with `pushwire` installed. */
function makeProject(): string {
  const directory = mkdtempSync(join(tmpdir(), 'pushwire-samples-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  mkdirSync(join(directory, 'node_modules'));
  symlinkSync(ROOT, join(directory, 'node_modules', 'pushwire'), 'junction');
  return directory;
}

describe.each(DOCUMENTS)('%s', (document) => {
  it('has samples that run, and print the output shown, and servers that no request ends, but SIGTERM, whatever is connected', async () => {
    const project = makeProject();
    const servers: { program: ChildProgram; port: number; code: string }[] = [];
    const programs: { file: string; prints: string | undefined }[] = [];
    for (const [index, { code, isServer, prints }] of samplesOf(document).entries()) {
      const file = join(project, `sample-${index + 1}.mjs`);
      if (isServer) {
        writeFileSync(file, code);
        servers.push({ ...(await ChildProgram.listening(file)), code });
        continue;
      }
      const port = servers.at(-1)?.port ?? 8080;
      writeFileSync(file, code.replaceAll('localhost:8080', `localhost:${port}`));
      programs.push({ file, prints });
    }
    if (programs.length > 0) {
      const program = new ChildProgram(ONE_AFTER_THE_OTHER, { args: programs.map(({ file }) => file) });
      const status = await program.ended();
      const [, ...outputs] = program.output.split('\0');
      expect({ status, outputs }).toEqual({ status: 0, outputs: programs.map(({ prints }) => prints) });
    }
    for (const { program, port, code } of servers) {
      await sendStrangeRequests(port);
      expect({ status: program.process.exitCode, output: program.output }).toMatchObject({ status: null });
      if (!code.includes('SIGTERM') || process.platform === 'win32') continue;
      await connectSilently(port);
      const before = program.output;
      program.process.kill('SIGTERM');
      expect({ status: await program.ended(), output: program.output }).toEqual({ status: 0, output: before });
    }
  });

  it('has no server whose handler can reject: an unhandled rejection would end the process', () => {
    const handlers = read(document).match(/createServer\([^)]*?async\b.*|\.on\('(?:request|upgrade)', async\b.*/g);
    expect(handlers ?? []).toEqual([]);
  });

  it('names only commands that exist', () => {
    const { scripts } = JSON.parse(read('package.json'));
    const named = [...read(document).matchAll(/npm run ([\w:-]*\w)/g)].map(([, name]) => name!);
    for (const name of named) expect(scripts).toHaveProperty([name]);
  });

  it('links only to files that exist', () => {
    for (const [, target] of read(document).matchAll(/\]\((?!https?:)([^)#]+)/g)) {
      expect(read(join(dirname(document), target!))).not.toBe('');
    }
  });
});

describe.each(['CONTRIBUTING.md', 'docs/architecture.md', 'docs/decisions.md'])('%s', (document) => {
  it('names only files that exist', () => {
    const named = [...read(document).matchAll(/`((?:src|spec|fuzz|tools|docs|examples)\/[^`*]*)`/g)].map(
      ([, path]) => path!,
    );
    expect(named).not.toEqual([]);
    expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });
});

describe('the table of limits in docs/limits.md', () => {
  const UNITS: Readonly<Record<string, number>> = { MiB: 1024 * 1024, KiB: 1024, s: 1000, ms: 1 };
  /** The option that each constant of src/shared/defaults.ts belongs to. */
  const OPTIONS: Readonly<Record<keyof typeof defaults, string>> = {
    DEFAULT_MAX_PAYLOAD: 'maxPayload',
    DEFAULT_MAX_FRAGMENTS: 'maxFragments',
    DEFAULT_MAX_BUFFERED_CHUNKS: 'maxBufferedChunks',
    DEFAULT_MAX_BACKPRESSURE: 'maxBackpressure',
    DEFAULT_MAX_CONNECTIONS: 'maxConnections',
    DEFAULT_MAX_RECEIVE_MEMORY: 'maxReceiveMemory',
    DEFAULT_HEARTBEAT_INTERVAL: 'heartbeatInterval',
    DEFAULT_CLIENT_HEARTBEAT_INTERVAL: 'client heartbeatInterval',
    DEFAULT_HEARTBEAT_TIMEOUT: 'heartbeatTimeout',
    DEFAULT_MESSAGE_TIMEOUT: 'messageTimeout',
    DEFAULT_SHUTDOWN_TIMEOUT: 'timeout',
    DEFAULT_COMPRESSION_THRESHOLD: 'threshold',
    DEFAULT_CONCURRENCY_LIMIT: 'concurrencyLimit',
    DEFAULT_CLOSE_TIMEOUT: 'closeTimeout',
    DEFAULT_HANDSHAKE_TIMEOUT: 'handshakeTimeout',
    DEFAULT_MAX_REDIRECTS: 'maxRedirects',
    DEFAULT_EVENT_STREAM_HEARTBEAT: 'heartbeat',
    DEFAULT_MAX_EVENT_SIZE: 'maxEventSize',
    DEFAULT_READ_TIMEOUT: 'readTimeout',
    DEFAULT_RECONNECTION_TIME: 'reconnectionTime',
    DEFAULT_MAX_RECONNECTION_DELAY: 'maxReconnectionDelay',
    DEFAULT_EVENT_STREAM_MAX_BACKPRESSURE: 'EventStream maxBackpressure',
    DEFAULT_WRITE_TIMEOUT: 'writeTimeout',
    DEFAULT_EVENT_STREAM_CLOSE_TIMEOUT: 'EventStream closeTimeout',
    DEFAULT_MAX_STREAMS: 'maxStreams',
    DEFAULT_HISTORY_COUNT: 'history.count',
    DEFAULT_HISTORY_BYTES: 'history.bytes',
    DEFAULT_HISTORY_AGE: 'history.age',
    DEFAULT_RECENT_COUNT: 'recent.count',
    DEFAULT_RECENT_BYTES: 'recent.bytes',
    DEFAULT_RECENT_AGE: 'recent.age',
    DEFAULT_MEMORY_LOG_COUNT: 'MemoryLog count',
    DEFAULT_MEMORY_LOG_BYTES: 'MemoryLog bytes',
    DEFAULT_MEMORY_LOG_AGE: 'MemoryLog age',
    DEFAULT_MAX_EVENT_BYTES: 'maxEventBytes',
    DEFAULT_MAX_UNCONFIRMED_BYTES: 'maxUnconfirmedBytes',
    DEFAULT_PUBLISH_TIMEOUT: 'publishTimeout',
    DEFAULT_MAX_TOPICS: 'maxTopics',
    DEFAULT_AUTHORIZE_TIMEOUT: 'authorizeTimeout',
    DEFAULT_PRESENCE_INTERVAL: 'presenceInterval',
    DEFAULT_SHUTDOWN_SPREAD: 'spread',
    DEFAULT_REDIS_MAX_LENGTH: 'RedisLog maxLength',
    DEFAULT_REDIS_IDEMPOTENCY_KEYS: 'RedisLog idempotencyKeys',
    DEFAULT_JETSTREAM_MAX_LENGTH: 'JetStreamLog maxLength',
    DEFAULT_JETSTREAM_DUPLICATE_WINDOW: 'JetStreamLog duplicateWindow',
    DEFAULT_JETSTREAM_TIMEOUT: 'JetStreamLog timeout',
  };

  it('lists every default with its value', () => {
    const rows = read('docs/limits.md').matchAll(/^\| `([\w. ]+)` \| ([\d,]+)(?: (\w+))? \|/gm);
    const documented = Object.fromEntries(
      [...rows].map(([, option, number, unit]) => [
        option,
        Number(number!.replaceAll(',', '')) * (unit === undefined ? 1 : UNITS[unit]!),
      ]),
    );
    const actual = Object.entries(defaults).map(([constant, value]) => [
      OPTIONS[constant as keyof typeof defaults],
      value,
    ]);
    expect(documented).toEqual(Object.fromEntries(actual));
  });
});

describe('docs/errors.md', () => {
  const rows = [...read('docs/errors.md').matchAll(/^\| `(\w+)` \|[^|]*\|(?: (\d+) \|)?(?: ([^|]*) \|)?$/gm)];

  it('lists every code of the source, and no other', () => {
    const files = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).filter((file) =>
      file.endsWith('.ts'),
    );
    const codes = files.flatMap(
      (file) => read(`src/${file}`).match(/(?<=')(?:(?:WS|SSE|HUB)_ERR|PUSHWIRE)_[A-Z\d_]+(?=')/g) ?? [],
    );
    expect(new Set(rows.map(([, code]) => code))).toEqual(new Set(codes));
  });

  it.each([
    ...Object.values(Violation).map(({ code, closeCode }) => [code, closeCode]),
    ...Object.values(Refusal).map(({ code, status }) => [code, status]),
  ])('has %s with %d', (code, number) => {
    expect(rows.filter((row) => row[1] === code).map((row) => Number(row[2]))).toContain(number);
  });
});
