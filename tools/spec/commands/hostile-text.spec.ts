import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { frame } from '../../../spec/support/frames.ts';
import { isFullRun } from '../../../spec/support/full-run.ts';
import { type RawPeer, rawServer, upgradeResponse } from '../../../spec/support/raw-peer.ts';
import { COMMAND } from '../support/command.ts';
import { WarmCommand } from '../support/warm-command.ts';

/** Sets the title of a terminal, clears it, rings the bell, reverses the text, and imitates a result on a separate line. */
const EVIL = '\x1b]0;x\x07\x1b[2J\x9b2J\x7f\u202e\u2066\u2069\u2028\u2029\x85z';
/** The part of it that the bytes of a header field can contain. */
const EVIL_FIELD = '\x9b2J\x85\xe2\x80\xae\x1b]0;x\x07';
/** The part of it that Node.js accepts in a header field. */
const EVIL_VALUE = '\x9b2J\x85\xe2\x80\xae';

/** Matches text that must not reach a terminal. Sequences that start with `ESC [` are allowed, except `ESC [ 2 J`. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to find
const DANGEROUS = /\x1b\]|\x1b\[2J|[\x07\x7f-\x9f\u2028-\u202e\u2066-\u2069]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to find
const ANY_ESCAPE = /\x1b/;

/** Milliseconds after which the test interrupts a command that still waits for the server. */
const TIME_LIMIT = 2_000;

type Answer = (peer: RawPeer, head: string) => void;

const STREAM = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n';

function events(peer: RawPeer): void {
  peer.write(`${STREAM}X-Evil: ${EVIL_VALUE}\r\n\r\n:${EVIL}\nevent: ${EVIL}\nid: ${EVIL}\ndata: ${EVIL}\ndata: 1\n\n`);
  peer.end();
}

/** Accepts a WebSocket, and sends frames. */
function opened(...frames: Buffer[]): Answer {
  return (peer, head) => {
    peer.write(upgradeResponse(head), ...frames);
  };
}

const CLOSE = frame({
  opcode: 8,
  payload: Buffer.concat([Buffer.of(0x0f, 0xa0), Buffer.from(EVIL.slice(0, 20))]),
  mask: false,
});
const TEXT = frame({ opcode: 1, payload: Buffer.from(EVIL), mask: false });
const PING = frame({ opcode: 9, payload: Buffer.from(EVIL), mask: false });
const WRONG = frame({ opcode: 3, payload: Buffer.from(EVIL), mask: false });

const MESSAGES = opened(TEXT, PING, TEXT, CLOSE);

function response(start: string, ...lines: string[]): Answer {
  return (peer) => {
    peer.write(
      Buffer.from([start, ...lines, 'Content-Length: 4', 'Connection: close', '', EVIL_FIELD].join('\r\n'), 'latin1'),
    );
    peer.end();
  };
}

/** Servers that send such text in every place that a server controls. */
const SERVERS: readonly (readonly [title: string, answer: Answer])[] = [
  ['events, comments and ids', events],
  ['messages, pings and a close reason', MESSAGES],
  ['a frame that is wrong', opened(TEXT, WRONG)],
  [
    'a subprotocol and an extension',
    (peer, head) => peer.write(Buffer.from(upgradeResponse(head, { 'Sec-WebSocket-Protocol': EVIL_VALUE }), 'latin1')),
  ],
  [
    'extensions',
    (peer, head) =>
      peer.write(Buffer.from(upgradeResponse(head, { 'Sec-WebSocket-Extensions': `a;b="${EVIL_VALUE}"` }), 'latin1')),
  ],
  [
    'a wrong key',
    (peer, head) => peer.write(Buffer.from(upgradeResponse(head, { 'Sec-WebSocket-Accept': EVIL_VALUE }), 'latin1')),
  ],
  ['the status text', response(`HTTP/1.1 404 ${EVIL_VALUE}`)],
  ['the status line', response(`HTTP/1.1 ${EVIL_FIELD}`)],
  ['a field that is invalid', response('HTTP/1.1 200 OK', `X: ${EVIL_FIELD}`, `${EVIL_FIELD}: x`)],
  ['the content type', response('HTTP/1.1 200 OK', `Content-Type: ${EVIL_VALUE}`)],
  ['the coding', response('HTTP/1.1 200 OK', 'Content-Type: text/event-stream', `Content-Encoding: ${EVIL_VALUE}`)],
  ['a redirect', response('HTTP/1.1 302 Found', `Location: ${EVIL_VALUE}:${EVIL_VALUE}`)],
  ['a redirect to a host', response('HTTP/1.1 302 Found', `Location: http://${EVIL_VALUE}/`)],
];

/** Starts a server. `seen` counts its requests. */
async function start(answer: Answer): Promise<{ host: string; seen: { requests: number } }> {
  const seen = { requests: 0 };
  const port = await rawServer(async (peer) => {
    const head = await peer.readHead().catch(() => null);
    if (head === null) return;
    seen.requests++;
    answer(peer, head);
  });
  return { host: `127.0.0.1:${port}`, seen };
}

/** The runs that `npm test` has for each server, with one of the others. */
const COMMON_RUNS = 2;
/** Servers that accept a WebSocket, of which `listen` prints only that the status is wrong: once is enough. */
const ACCEPTING = ['a frame that is wrong', 'a subprotocol and an extension', 'extensions', 'a wrong key'];

// `npm test` has every other server: most differ only in the field that they send.
describe.each(
  SERVERS.map((server, number) => [...server, number] as const).filter(([, , number]) => isFullRun || number % 2 === 0),
)('when a server sends control characters in %s', (title, answer, number) => {
  it('listen, connect, conform and compare print none of them', async () => {
    const { host, seen } = await start(answer);
    const [ws, http] = [`ws://${host}/`, `http://${host}/`];
    const limit = ['--time-limit', '300', '--concurrency', '20'];
    const runs: readonly (readonly string[])[] = [
      ['listen', '--json', '--comments', '--no-reconnect', '--count', '3', http],
      ['connect', '--json', '--follow', '--wait', '300', '--execute', 'x', ws],
      ['conform', ws, '--only', '1.1.1', '--only', '2.1', '--only', '14.1', ...limit],
      ['conform', http, '--only', '20', '--only', '21', '--only', '23.1', ...limit],
      ['compare', '--websocket', ws, '--event-stream', http, '--rounds', '1', '--seconds', '1'],
      ['connect', '--follow', '--protocol', 'a', '--json', '--execute', 'x', ws],
    ].filter(([command], index) => {
      if (isFullRun) return true;
      if (command === 'listen' && ACCEPTING.includes(title)) return false;
      return index < COMMON_RUNS || (index - COMMON_RUNS) % 4 === (number / 2) % 4;
    });
    const programs = runs.map((args) => new WarmCommand(args));
    const ended = programs.map((program) => program.ended());
    // A command that does not start prints nothing wrong, either.
    await expect.poll(() => seen.requests, { timeout: 50_000 }).toBeGreaterThanOrEqual(runs.length);
    const timer = setTimeout(() => programs.map((program) => program.kill('SIGINT')), TIME_LIMIT);
    await Promise.all(ended);
    clearTimeout(timer);
    for (const [index, { output }] of programs.entries()) {
      expect(output, runs[index]![0]).not.toMatch(DANGEROUS);
      expect(output, runs[index]![0]).not.toMatch(ANY_ESCAPE);
    }
  }, 60_000);
});

/** The servers of `npm test`: what they send reaches a terminal as content, and as the text of an error. The full run has two more. */
const AT_TERMINAL = isFullRun ? 4 : 2;

// Only the first servers: errors are printed in the same way to a terminal and to a pipe.
describe.skipIf(!hasScript()).each(SERVERS.slice(0, AT_TERMINAL))(
  'at a terminal, when a server sends control characters in %s',
  (title, answer) => {
    it.skipIf(!hasScript())(
      'listen and connect print none of them',
      async () => {
        const { host } = await start(answer);
        const runs = [
          ['listen', '--comments', '--no-reconnect', '--count', '3', `http://${host}/`],
          ['connect', '--follow', '--wait', '300', '--execute', 'x', `ws://${host}/`],
          // The prompt makes no difference to what a server sends: once is enough.
          ...(isFullRun || answer === MESSAGES ? [['connect', '--follow', `ws://${host}/`]] : []),
        ].filter(([command]) => isFullRun || command !== 'listen' || !ACCEPTING.includes(title));
        await Promise.all(
          runs.map(async (args) => {
            const output = await atTerminal(args);
            expect(output, args.join(' ')).not.toMatch(DANGEROUS);
            expect(output.length).toBeGreaterThan(0);
          }),
        );
      },
      60_000,
    );
  },
);

describe('conform --serve', () => {
  it('prints no control characters from the name and the reports of a client, and escapes them in its reports', async () => {
    const path = await mkdtemp(join(tmpdir(), 'pushwire-text-'));
    onTestFinished(() => rm(path, { recursive: true }));
    const [html, junit] = [join(path, 'a.html'), join(path, 'a.xml')];
    const options = ['--html', html, '--junit', junit];
    const program = new WarmCommand(['conform', '--serve', '0', '--only', '31.1.1', ...options]);
    await program.printed('Press Ctrl+C to stop.');
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(program.output)![0];
    const query = `case=1&agent=${encodeURIComponent(`${EVIL}\ufffe\n31  OK`)}`;
    await (await fetch(`${url}/runEventStream?${query}`, { headers: { 'X-Evil': EVIL_VALUE } })).text();
    const events = [
      { type: EVIL, data: `${EVIL}\ud800\ufffe\n31.1.1  OK  all is well`, lastEventId: EVIL, origin: EVIL },
    ];
    const report = await fetch(`${url}/reportEventStream?${query}`, { method: 'POST', body: JSON.stringify(events) });
    expect(report.status).toBe(200);
    await fetch(`${url}/updateReports?${query}`);
    await program.printed('31.1.1');
    await expect.poll(() => readFile(junit, 'utf8').catch(() => '')).toContain('</testsuites>');
    expect(program.output).not.toMatch(DANGEROUS);
    expect(program.output).not.toMatch(ANY_ESCAPE);
    expect(program.output).toContain('\\x1b]0;x\\x07');
    // The text of an agent does not start a new line.
    expect(program.output).not.toMatch(/^31(\.1\.1)? {2}OK/m);
    for (const text of [await readFile(html, 'utf8'), await readFile(junit, 'utf8')]) {
      expect(text).not.toMatch(DANGEROUS);
      expect(text).not.toMatch(ANY_ESCAPE);
      expect(text).not.toMatch(/[\ufffe\uffff]|\p{Surrogate}/u);
    }
    const page = await readFile(html, 'utf8');
    const [, agent] = /data-agent="([^"]*)"/.exec(page)!;
    const embedded = JSON.parse(/id="report">([^<]*)</.exec(page)![1]!);
    expect(Object.keys(embedded)).toEqual([agent]);
    program.kill('SIGINT');
    expect(await program.ended()).toBe(0);
  });

  it('reports a client whose name is __proto__', async () => {
    const program = new WarmCommand(['conform', '--serve', '0', '--only', '31.1.1']);
    await program.printed('Press Ctrl+C to stop.');
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(program.output)![0];
    await (await fetch(`${url}/runEventStream?case=1&agent=__proto__`)).text();
    await fetch(`${url}/updateReports?agent=__proto__`);
    await program.printed('The agent did not report');
    expect(await (await fetch(`${url}/report`)).text()).toContain('data-agent="__proto__" data-id="31.1.1">FAILED<');
  });
});

/** Whether `script` of util-linux is installed, which runs a command at a terminal. */
function hasScript(): boolean {
  try {
    return execFileSync('script', ['--version'], { encoding: 'utf8' }).includes('util-linux');
  } catch {
    return false;
  }
}

/** Resolves with the output of a command at a terminal. Stops the command one second after its first output. */
async function atTerminal(args: readonly string[]): Promise<string> {
  const line = [process.execPath, COMMAND, ...args].map((word) => `'${word}'`).join(' ');
  // Without `exec`, some shells stay in control of the terminal, and the command is stopped when it changes its settings.
  const child = spawn('script', ['--quiet', '--command', `exec ${line}`, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { ...process.env, SHELL: '/bin/sh', TERM: 'xterm-256color' },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const closed = once(child, 'close');
  let output = '';
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    // The command exits when its terminal is closed.
    if (output === '') setTimeout(() => child.kill('SIGKILL'), 1_000).unref();
    output += text;
  });
  await closed;
  return output;
}
