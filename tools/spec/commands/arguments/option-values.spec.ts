import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { listen as listenOn } from '../../../../spec/support/http-server.ts';
import { RecordingFile } from '../../../src/commands/arguments/recording-file.ts';
import { UsageError } from '../../../src/commands/arguments/usage-error.ts';
import { compare } from '../../../src/commands/compare.ts';
import { conform } from '../../../src/commands/conform.ts';
import { connect } from '../../../src/commands/connect.ts';
import { listen } from '../../../src/commands/listen.ts';
import { serve } from '../../../src/commands/serve.ts';

const THIS_FILE = fileURLToPath(import.meta.url);
const COMMANDS = { serve, connect, listen, conform, compare };
type Name = keyof typeof COMMANDS;

/** The options of all commands whose values have one of these names in the help, such as `conform --ca`. */
async function optionsWith(...values: readonly string[]): Promise<string[]> {
  const output = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  onTestFinished(() => output.mockRestore());
  const found: string[] = [];
  for (const [name, command] of Object.entries(COMMANDS)) {
    await command(['--help']);
    const help = String(output.mock.lastCall![0]);
    for (const [, option, value] of help.matchAll(/^ {2}(--[a-z-]+) ([A-Z]+)/gm)) {
      if (values.includes(value!)) found.push(`${name} ${option}`);
    }
  }
  return found.sort();
}

async function refusalOf(name: Name, ...args: readonly string[]): Promise<string> {
  const error = await COMMANDS[name](args).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof UsageError)) throw new Error(`${name} ${args.join(' ')} is not refused`, { cause: error });
  return error.message;
}

/** The options that name a file to read, with the arguments that they need, and what is allowed in it. */
const READ: readonly (readonly [name: Name, option: string, others: readonly string[], json: string])[] = [
  ['serve', '--cert', ['--key', 'b'], ''],
  ['serve', '--key', ['--cert', THIS_FILE], ''],
  ['connect', '--ca', ['ws://127.0.0.1:1'], ''],
  ['connect', '--replay', ['ws://127.0.0.1:1'], ''],
  ['listen', '--ca', ['http://127.0.0.1:1'], ''],
  ['conform', '--config', [], 'a configuration, ours or that of Autobahn'],
  ['conform', '--with', ['--html', 'a'], 'a file of --json, or the index.json of an Autobahn report'],
  ['conform', '--cert', ['--serve', '0', '--key', 'b'], ''],
  ['conform', '--key', ['--serve', '0', '--cert', THIS_FILE], ''],
  ['compare', '--ca', ['--websocket', 'ws://a', '--event-stream', 'http://a'], ''],
];
/** The options that name a file to write. */
const WRITTEN = [
  ...['connect --record', 'listen --record', 'compare --json', 'compare --html'],
  ...['json', 'html', 'junit', 'markdown', 'badge'].map((option) => `conform --${option}`),
];

describe('an option with a FILE', () => {
  it('is in one of the tables here', async () => {
    const all = [...READ.map(([name, option]) => `${name} ${option}`), ...WRITTEN];
    expect(all.sort()).toEqual(await optionsWith('FILE'));
  });

  it.each(READ)('is named in the error if the file cannot be read: %s %s', async (name, option, others) => {
    expect(await refusalOf(name, option, '/nowhere/file', ...others)).toMatch(
      new RegExp(`^${option} /nowhere/file: ENOENT`),
    );
  });

  it('states in one line what the file must be if it is not JSON', async () => {
    const path = await mkdtemp(join(tmpdir(), 'pushwire-options-'));
    onTestFinished(() => rm(path, { recursive: true }));
    const file = join(path, 'a');
    await writeFile(file, 'vm\n\x1b[2J');
    const cases: typeof READ = [
      ...READ,
      [
        'conform',
        '--json',
        ['--resume', 'ws://127.0.0.1:1'],
        'a report that --json has written, for --resume',
      ] as const,
    ];
    for (const [name, option, others, allowed] of cases) {
      if (allowed === '') continue;
      const refusal = await refusalOf(name, option, file, ...others);
      expect(refusal).toContain(`${option} ${file} must be ${allowed}; received text that is not JSON (`);
      expect(refusal).not.toMatch(/\p{Cc}/u);
    }
  });

  it('creates the folders of a file to write, and its help says so', async () => {
    const path = await mkdtemp(join(tmpdir(), 'pushwire-options-'));
    onTestFinished(() => rm(path, { recursive: true }));
    const file = join(path, 'a', 'b');
    new RecordingFile(file).write('open', {});
    expect(await readFile(file, 'utf8')).toContain('"event":"open"');
    const output = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    onTestFinished(() => output.mockRestore());
    for (const name of new Set(WRITTEN.map((option) => option.split(' ')[0] as Name))) {
      await COMMANDS[name](['--help']);
      expect(String(output.mock.lastCall![0]).replace(/\s+/g, ' ')).toMatch(/[Mm]issing folders/);
    }
  });
});

/** The arguments without which an option has no effect. */
const NEEDED: Readonly<Record<Name, readonly string[]>> = {
  serve: [],
  connect: ['ws://127.0.0.1:1'],
  listen: ['http://127.0.0.1:1'],
  conform: ['ws://127.0.0.1:1'],
  compare: [],
};

it('an option with a number is named in the error for another text, with what is allowed', async () => {
  const options = await optionsWith('MS', 'N', 'PORT', 'SECONDS');
  expect(options.length).toBeGreaterThan(12);
  for (const one of options) {
    const [name, option] = one.split(' ') as [Name, string];
    const needed = option === '--serve' ? [] : NEEDED[name];
    for (const value of ['x', '-1', '1.5', '1e3', '99999999999999999999']) {
      expect([option, await refusalOf(name, `${option}=${value}`, ...needed)]).toEqual([
        option,
        expect.stringMatching(
          new RegExp(`^${option} must be a whole number (of at least|from) \\d.*; received "${value}"$`),
        ),
      ]);
    }
  }
});

it.each([
  ['connect', ['a b']],
  ['listen', ['a b']],
  ['conform', ['a b']],
  ['compare', ['--websocket', 'a b', '--event-stream', 'http://a']],
  ['compare', ['--websocket', 'ws://a', '--event-stream', 'a b']],
] as const)('an invalid URL is part of the error: %s %j', async (name, args) => {
  expect(await refusalOf(name, ...args)).toContain('a b');
});

it.each([
  ['serve', '--port'],
  ['conform', '--serve'],
] as const)('%s says what to do about a port in use', async (name, option) => {
  const port = await listenOn(createServer());
  await expect(COMMANDS[name]([option, `${port}`])).rejects.toThrow(
    `listen EADDRINUSE: address already in use 127.0.0.1:${port}\nAnother program listens on this port. Use another one with ${option}, or ${option} 0 for any free port.`,
  );
});

it.each(['', 'localhost:4222', 'nats://', 'redis://localhost'])('--nats must be a URL of NATS, not %s', async (url) => {
  expect(await refusalOf('serve', '--nats', url)).toBe(
    `--nats must be a URL that begins with nats:// or tls://; received "${url}"`,
  );
});

it.each(['localhost', 'http://localhost', 'redis://['])('--redis must be a URL of Redis, not %s', async (url) => {
  expect(await refusalOf('serve', '--redis', url)).toBe(
    `--redis must be a URL that begins with redis:// or rediss://; received "${url}"`,
  );
});
