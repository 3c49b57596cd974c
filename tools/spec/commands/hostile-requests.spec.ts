import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { RawPeer, upgradeRequest } from '../../../spec/support/raw-peer.ts';
import { COMMAND } from '../support/command.ts';
import { WarmCommand } from '../support/warm-command.ts';

const HOST = 'Host: 127.0.0.1';

/** Builds a request with a method and a target. */
function request(line: string, ...fields: string[]): string {
  return [line, HOST, ...fields, '', ''].join('\r\n');
}

const TARGETS = [
  '//',
  '///x',
  '/%',
  '/%ff%00?%',
  '/?case=%',
  '*',
  'http://[',
  'http://',
  'http://127.0.0.1:99999/',
  'http://other.example/',
  'a:b',
  `/${'x'.repeat(10_000)}`,
  `/${'x'.repeat(100_000)}`,
  '/runCase?case=-1',
  '/runCase?case=1e999&agent=__proto__',
  `/runCase?case=1&agent=${'a'.repeat(5_000)}`,
  '/runEventStream?case=1&agent=constructor',
  '/broadcast',
  '/eventsource?stream=__proto__',
  '/time',
];

/** Requests and other bytes. The server must answer each or close the connection. */
const REQUESTS: readonly (readonly [title: string, bytes: string])[] = [
  ...TARGETS.flatMap((target): [string, string][] => {
    const title = target.slice(0, 40);
    return [
      [`GET ${title}`, request(`GET ${target} HTTP/1.1`)],
      [`GET ${title} of HTTP/1.0`, `GET ${target} HTTP/1.0\r\n\r\n`],
      [`HEAD ${title}`, request(`HEAD ${target} HTTP/1.1`)],
      [`OPTIONS ${title}`, request(`OPTIONS ${target} HTTP/1.1`)],
      [`CONNECT ${title}`, request(`CONNECT ${target} HTTP/1.1`)],
      [`POST ${title}`, `${request(`POST ${target} HTTP/1.1`, 'Content-Length: 4')}null`],
      [`an upgrade to ${title}`, upgradeRequest({}, `GET ${target} HTTP/1.1`)],
      [`an upgrade to ${title} from a page`, upgradeRequest({ Origin: '[' }, `GET ${target} HTTP/1.1`)],
    ];
  }),
  ...['[', 'a:99999', '%', '://', 'a b', '\xff', ''].map((host): [string, string] => [
    `Host: ${host}`,
    `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
  ]),
  ['no Host', 'GET / HTTP/1.1\r\n\r\n'],
  ['two Hosts', request('GET / HTTP/1.1', 'Host: b')],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0'],
  ['a TLS record', '\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03'],
  ['no request', '\0\0\0\0\r\n\r\n'],
  ['Expect: 100-continue', `${request('POST /broadcast HTTP/1.1', 'Expect: 100-continue', 'Content-Length: 3')}abc`],
  ['another expectation', `${request('POST /broadcast HTTP/1.1', 'Expect: x', 'Content-Length: 3')}abc`],
  ['a length that is no number', request('POST /broadcast HTTP/1.1', 'Content-Length: 99999999999999999999')],
  ['a wrong chunk', `${request('POST /broadcast HTTP/1.1', 'Transfer-Encoding: chunked')}zz\r\n`],
  ['two framings', `${request('POST / HTTP/1.1', 'Transfer-Encoding: chunked', 'Content-Length: 1')}0\r\n\r\n`],
  ['an upgrade to nothing', upgradeRequest({ Upgrade: '' })],
  ['an upgrade to h2c', upgradeRequest({ Upgrade: 'h2c' }, 'GET / HTTP/1.1')],
  ['an upgrade with a wrong key', upgradeRequest({ 'Sec-WebSocket-Key': 'x' }, 'GET /runCase?case=1 HTTP/1.1')],
  ['an upgrade without a version', upgradeRequest({ 'Sec-WebSocket-Version': null }, 'GET /echo HTTP/1.1')],
  ['an upgrade by POST', upgradeRequest({ 'Content-Length': '3' }, 'POST /runCase?case=1 HTTP/1.1')],
  ['pipelined requests', request('GET / HTTP/1.1').repeat(50)],
  ['pipelined streams', request('GET /time HTTP/1.1').repeat(20) + request('GET /runEventStream?case=1 HTTP/1.1')],
  ...['server_max_window_bits=99', 'server_max_window_bits=x', 'client_max_window_bits=-1', 'x="', '=', ';,;'].map(
    (parameter): [string, string] => [
      `permessage-deflate; ${parameter}`,
      upgradeRequest(
        { 'Sec-WebSocket-Extensions': `permessage-deflate; ${parameter}, permessage-deflate; client_max_window_bits` },
        'GET /runCase?case=1 HTTP/1.1',
      ),
    ],
  ),
];

const COMMANDS: readonly (readonly [title: string, args: readonly string[]])[] = [
  ['serve', ['serve', '--port', '0']],
  ['conform --serve', ['conform', '--serve', '0', '--only', '12.1.1', '--only', '31.1.1']],
];

describe.each(COMMANDS)('pushwire %s', (_, args) => {
  it('answers or closes after any request, serves the next one, and exits when it is interrupted', async () => {
    const program = new WarmCommand(args);
    await program.printed('Press Ctrl+C to stop.');
    const port = Number(/http:\/\/127\.0\.0\.1:(\d+)/.exec(program.output)![1]);
    for (const [title, bytes] of REQUESTS) {
      const peer = await RawPeer.connect(port);
      peer.write(Buffer.from(bytes, 'latin1'));
      const head = await peer.readHead().catch(() => 'closed');
      expect(head, `${title}: ${program.output}`).toMatch(/^(HTTP\/1\.1 \d\d\d |closed$)/);
      peer.reset();
    }
    for (const [, bytes] of REQUESTS) {
      const peer = await RawPeer.connect(port);
      peer.write(Buffer.from(bytes.slice(0, bytes.length / 2), 'latin1'));
      peer.reset();
    }
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(200);
    // Peers that keep their connections open must not keep the process alive.
    for (const [, bytes] of REQUESTS.filter(([title]) => title.startsWith('an upgrade'))) {
      (await RawPeer.connect(port)).write(Buffer.from(bytes, 'latin1'));
    }
    const half = await RawPeer.connect(port);
    half.write('POST /broadcast HTTP/1.1\r\nContent-Le');
    program.kill('SIGINT');
    expect(await program.ended()).toBe(0);
  }, 60_000);

  it.skipIf(process.platform !== 'linux')(
    'serves again after more connections than its limit of open files',
    async () => {
      const limited = `ulimit -n 80; exec "${process.execPath}" "${COMMAND}" ${args.join(' ')}`;
      const child = spawn('sh', ['-c', limited], { stdio: ['ignore', 'pipe', 'inherit'] });
      onTestFinished(() => void child.kill('SIGKILL'));
      let output = '';
      child.stdout.on('data', (text) => {
        output += text;
      });
      while (!output.includes('Press Ctrl+C to stop.')) await once(child.stdout, 'data');
      const port = Number(/http:\/\/127\.0\.0\.1:(\d+)/.exec(output)![1]);
      const peers: RawPeer[] = [];
      for (let count = 0; count < 150; count++) peers.push(await RawPeer.connect(port));
      for (const { socket } of peers) socket.write(request('GET / HTTP/1.1'));
      // The server answers the connections that it accepts, with the page or with 500. It closes the others.
      for (const peer of peers) {
        const head = await peer.readHead().catch(() => 'closed');
        expect(head).toMatch(/^(HTTP\/1\.1 (200|500) |closed$)/);
        peer.reset();
      }
      await expect.poll(() => fetch(`http://127.0.0.1:${port}/`).then(({ status }) => status, String)).toBe(200);
    },
    30_000,
  );
});
