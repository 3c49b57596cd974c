import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket, WebSocketServer } from '../../../src/websocket/index.ts';
import { Interactive } from '../../src/commands/connect/interactive.ts';
import { messagesOf } from '../../src/commands/connect/lines.ts';
import { Pipe } from '../../src/commands/connect/pipe.ts';
import { transmit } from '../../src/commands/connect/transmit.ts';
import { connect as command } from '../../src/commands/connect.ts';
import { pushwire, refusalOf, runWarm } from '../support/command.ts';

const connect = (...args: string[]) => pushwire('connect', ...args);

/** Starts an echo server. */
async function echo(): Promise<{
  server: WebSocketServer;
  url: string;
  sockets: WebSocket[];
  requests: IncomingMessage[];
}> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  const sockets: WebSocket[] = [];
  const requests: IncomingMessage[] = [];
  server.on('connection', (socket, request) => {
    sockets.push(socket);
    requests.push(request);
    socket.on('error', () => {});
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
  await once(server, 'listening');
  onTestFinished(() => server.shutdown({ timeout: 0 }));
  return { server, url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`, sockets, requests };
}

describe('pushwire connect, in a pipe', () => {
  it('sends each line, writes each message, and exits with 0 when the input ends', async () => {
    const { url } = await echo();
    const program = connect(url);
    program.process.stdin!.end('one\ntwo\n\ngrüße\nlast');
    expect(await program.ended()).toBe(0);
    expect(program.output).toBe('one\ntwo\n\ngrüße\nlast\n');
  });

  it('sends the arguments of --execute, as bytes with --binary, and prints everything as JSON', async () => {
    const { url, sockets } = await echo();
    const options = ['--execute', 'one', '--execute', 'two', '--binary', '--json', '--no-compression'];
    const { status, output } = await runWarm('connect', url, ...options);
    expect(status).toBe(0);
    const printed = output
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(printed).toEqual([
      { event: 'open', url: `${url}/`, protocol: '', extensions: '' },
      { event: 'message', binary: true, data: Buffer.from('one').toString('base64') },
      { event: 'message', binary: true, data: Buffer.from('two').toString('base64') },
      { event: 'close', code: 1000, reason: '' },
    ]);
    expect(sockets).toHaveLength(1);
  });

  it('sends the header fields, origin, credentials and subprotocols of its options', async () => {
    const { url, requests } = await echo();
    const options = ['--header', 'X-One: 1', '--header', 'X-One:2', '--origin', 'http://a', '--auth', 'me:secret'];
    options.push('--protocol', 'chat', '--protocol', 'talk', '--execute', 'x');
    expect((await runWarm('connect', url, ...options)).status).toBe(0);
    expect(requests[0]!.headers).toMatchObject({
      'x-one': '1, 2',
      origin: 'http://a',
      authorization: `Basic ${Buffer.from('me:secret').toString('base64')}`,
      'sec-websocket-protocol': 'chat, talk',
    });
  });

  it('stays connected with --keep-open, writes bytes unchanged, and closes with 1000 when it is interrupted', async () => {
    const { url, sockets, server } = await echo();
    const connected = once(server, 'connection');
    const program = connect(url, '--keep-open', '--execute', 'hello');
    await connected;
    await program.printed('hello\n');
    sockets[0]!.send(Buffer.from('raw'));
    await program.printed('hello\nraw');
    const closed = once(sockets[0]!, 'close');
    program.process.kill('SIGINT');
    expect((await closed)[0]).toBe(1000);
    expect(await program.ended()).toBe(0);
  });

  it('exits when it is interrupted, even if nothing reads its output', async () => {
    const { url, server } = await echo();
    server.on('connection', (socket) => {
      const fill = (): void => {
        while (socket.readyState === socket.OPEN && socket.send('x'.repeat(60_000)));
      };
      socket.on('drain', fill);
      fill();
    });
    const program = connect(url, '--keep-open', '--execute', 'x');
    const { stdout } = program.process;
    stdout!.pause();
    await expect.poll(() => stdout!.readableLength, { timeout: 20_000 }).toBeGreaterThan(0);
    program.process.kill('SIGINT');
    await once(program.process, 'exit');
  });

  it('exits with 1, and explains the reason, if it cannot connect, receives an HTTP status, or the connection fails', async () => {
    const { url, server } = await echo();
    server.on('connection', (socket) => socket.close(1008, 'no'));
    const http = createServer((_, response) => response.writeHead(404).end());
    http.on('upgrade', (_, socket) => socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n'));
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    onTestFinished(() => void http.close());
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    await new Promise((resolve) => taken.close(resolve));

    const run = (...args: string[]) => runWarm('connect', ...args, '--execute', 'x');
    const closed = await run(url, '--keep-open');
    const refused = await run(`ws://127.0.0.1:${(http.address() as AddressInfo).port}`);
    const nobody = await run(`127.0.0.1:${port}`);
    expect([closed, refused, nobody].map(({ status }) => status)).toEqual([1, 1, 1]);
    expect(closed.output).toContain('pushwire: Connection closed with code 1008\n');
    expect(refused.output).toMatch(/^pushwire: Unexpected server response: 404\nThe server has no WebSocket .*\n$/);
    expect(nobody.output).toMatch(/^pushwire: .*ECONNREFUSED.*\nNo server listens .*\n$/);
  });

  it('sends a ping after --ping seconds of silence', async () => {
    const { url, server } = await echo();
    const connected = once(server, 'connection');
    const program = connect(url, '--ping', '1', '--keep-open');
    const [socket] = await connected;
    await once(socket, 'ping');
    program.process.kill('SIGINT');
    expect(await program.ended()).toBe(0);
  });

  it.each(['0', '86401', '1.5', ''])('refuses --ping %s', async (seconds) => {
    const message = `--ping must be a whole number from 1 to 86400; received "${seconds}"`;
    await expect(command(['ws://localhost', `--ping=${seconds}`])).rejects.toThrow(message);
  });

  it.each([
    [[]],
    [['ftp://localhost']],
    [['ws://localhost', '--header', 'nonsense']],
    [['ws://localhost', '--wait', '-1']],
    [['ws://localhost', '--protocol', 'a b']],
  ])('refuses the arguments %j', async (args) => {
    expect(await refusalOf('connect', ...args)).not.toBe('');
  });
});

describe('a pipe connected to a WebSocket', () => {
  function pipe(socket: WebSocket, output: PassThrough, lines: readonly string[]): Pipe {
    const messages = messagesOf(lines, 'text');
    const wait = Number.POSITIVE_INFINITY;
    const created = new Pipe({ messages, output, json: false, wait, close: () => socket.close(1000), transmit });
    created.attach(socket);
    return created;
  }

  it('stops reading from the WebSocket while the output is full', async () => {
    const { url, sockets } = await echo();
    const socket = new WebSocket(url);
    const output = new PassThrough({ highWaterMark: 4 });
    pipe(socket, output, ['12345678']);
    await once(socket, 'message');
    expect(socket.isPaused).toBe(true);
    sockets[0]!.send('more');
    expect(String(output.read())).toBe('12345678\n');
    await once(socket, 'message');
    socket.terminate();
  });

  it('closes with 1000 when the reader of the output closes it', async () => {
    const { url, sockets } = await echo();
    const socket = new WebSocket(url);
    const output = new PassThrough();
    pipe(socket, output, []);
    await once(socket, 'open');
    await expect.poll(() => sockets.length).toBe(1);
    const closed = once(sockets[0]!, 'close');
    output.destroy(new Error('EPIPE'));
    expect((await closed)[0]).toBe(1000);
  });
});

describe('pushwire connect, at a terminal', () => {
  /** Simulates a terminal: typed input, and the text on the screen. @param typed input before the connection is open */
  async function conversation(...typed: readonly string[]): Promise<{
    type(line: string): void;
    shown(text: string): Promise<void>;
    screen(): string;
    peer: WebSocket;
    url: string;
    socket: WebSocket;
  }> {
    const { url, sockets, server } = await echo();
    const connected = once(server, 'connection');
    const socket = new WebSocket(url);
    const [input, output] = [new PassThrough(), new PassThrough()];
    let screen = '';
    output.on('data', (chunk) => {
      screen += chunk;
    });
    const close = (code = 1000, reason?: string) => socket.close(code, reason);
    const view = new Interactive({ input, output, binary: false, close, interrupt: close, transmit });
    view.attach(socket);
    for (const key of typed) input.write(key);
    await connected;
    const shown = async (text: string): Promise<void> => {
      while (!screen.includes(text)) await turn();
    };
    await shown('Connected to');
    return { type: (line) => void input.write(line), shown, screen: () => screen, peer: sockets[0]!, url, socket };
  }

  it('sends typed lines, and shows messages without control characters', async () => {
    const { type, shown, peer } = await conversation();
    type('hello\r');
    await shown('< hello\n');
    peer.send('\x1b[2Jred\x07\nsecond');
    await shown('< \\x1b[2Jred\\x07\nsecond\n');
    peer.send(Buffer.from([0, 1, 0x41]));
    await shown('< 3 bytes\n00000000  00 01 41');
    type('//slash\r');
    await shown('< /slash\n');
  });

  it('has commands for pings, bytes and closing, and reports unknown commands', async () => {
    const { type, shown, peer } = await conversation();
    const pinged = once(peer, 'ping');
    type('/ping are you there\r');
    expect(String((await pinged)[0])).toBe('are you there');
    await shown('pong are you there');
    const ponged = once(peer, 'pong');
    type('/pong\r');
    await ponged;
    const got = once(peer, 'message');
    type('/binary 00 fF10\r');
    expect((await got)[0]).toEqual(Buffer.from([0, 0xff, 0x10]));
    type('/binary 0\r');
    await shown('/binary must have pairs of hexadecimal digits, such as 00 ff; received "0"');
    type('/nothing\r');
    await shown('Unknown command "/nothing". Type /help for a list of commands, or //nothing to send');
    type('/help\r');
    await shown('/close [CODE [REASON]]');
    for (const wrong of ['abc', '1000x', '-1']) {
      type(`/close ${wrong}\r`);
      await shown(
        `/close must be followed by nothing, by a close code, or by a close code and a reason; received "${wrong}"`,
      );
    }
    type('/close 1006\r');
    await shown('1006');
    const closed = once(peer, 'close');
    type('/close 4000 bye bye\r');
    expect((await closed).map(String)).toEqual(['4000', 'bye bye']);
    await shown('Closed with 4000');
  });

  it('prints one prompt after each command, with or without output', async () => {
    const { type, shown, screen } = await conversation();
    for (const line of ['/nothing', '/pong']) {
      const before = screen().length;
      type(`${line}\r`);
      if (line === '/nothing') await shown('as text.');
      for (let turns = 0; turns < 5; turns++) await turn();
      expect(screen().slice(before).split('> ')).toHaveLength(2);
    }
  });

  it('sends what was typed before the connection is open, and closes after it if the input has ended', async () => {
    const { shown, peer } = await conversation('early\r', '/ping too\r', '\x04');
    const closed = once(peer, 'close');
    await shown('The connection is not open yet. This will be sent once it is open.');
    await shown('< early\n');
    await shown('pong too');
    expect((await closed)[0]).toBe(1000);
  });

  it('sends nothing while the connection is being closed, and says so', async () => {
    const { type, shown, socket, peer } = await conversation();
    peer.pause();
    socket.close(1000);
    type('late\r');
    await shown('Not sent: the connection is being closed.');
    peer.resume();
  });

  it('closes with 1000 for Ctrl+C and for Ctrl+D', async () => {
    for (const key of ['\x03', '\x04']) {
      const { type, peer } = await conversation();
      const closed = once(peer, 'close');
      type(key);
      expect((await closed)[0]).toBe(1000);
    }
  });
});
