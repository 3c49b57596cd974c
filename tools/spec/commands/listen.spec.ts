import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { isDue } from '../../../spec/support/full-run.ts';
import { EventStream } from '../../../src/sse/index.ts';
import { UsageError } from '../../src/commands/arguments/usage-error.ts';
import { listen as listenHere } from '../../src/commands/listen.ts';
import { pushwire, refusalOf, runWarm } from '../support/command.ts';

const listen = (...args: string[]) => pushwire('listen', ...args);

async function serve(listener: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

/** Runs the command until it ends. */
async function run(...args: string[]): Promise<{ status: number | null; lines: string[]; output: string }> {
  const { status, output, stdout } = await runWarm('listen', ...args);
  return { status, lines: stdout.split('\n').slice(0, -1), output };
}

describe('pushwire listen', () => {
  it('writes the data of each event in a pipe, and exits with 0 after --count events', async () => {
    const url = await serve((request, response) => {
      const stream = EventStream.open(request, response);
      for (const data of ['one', 'two\nlines', 'never']) stream.send(data);
    });
    expect(await run(url, '--count', '2')).toMatchObject({ status: 0, lines: ['one', 'two', 'lines'] });
  });

  it('writes events and comments as JSON, and only the selected types', async () => {
    const url = await serve((request, response) => {
      const stream = EventStream.open(request, response);
      stream.comment('beat');
      stream.send({ event: 'tick', id: 7, data: '1' });
      stream.send('unasked');
      stream.send({ event: 'tock', data: '2' });
    });
    const { status, lines } = await run(
      ...[url, '--json', '--comments', '--event', 'tick', '--event', 'tock', '--count', '2'],
    );
    expect(status).toBe(0);
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { comment: ' beat' },
      { type: 'tick', lastEventId: '7', data: '1' },
      { type: 'tock', lastEventId: '7', data: '2' },
    ]);
  });

  it('sends the header fields, last event ID and body of its options', async () => {
    const url = await serve(async (request, response) => {
      let body = '';
      for await (const chunk of request.setEncoding('utf8')) body += chunk;
      const { 'x-one': one, 'last-event-id': lastEventId } = request.headers;
      EventStream.open(request, response).send(JSON.stringify([request.method, one, lastEventId, body]));
    });
    const { lines } = await run(
      ...[url, '--header', 'X-One: 1', '--last-event-id', '41', '--data', '{"q":1}', '--count', '1'],
    );
    expect(JSON.parse(lines[0]!)).toEqual(['POST', '1', '41', '{"q":1}']);
  });

  it('reconnects with the last event ID, and reports it on standard error', async () => {
    const url = await serve((request, response) => {
      const stream = EventStream.open(request, response, { retry: 10 });
      stream.send({ id: Number(stream.lastEventId) + 1, data: `after ${stream.lastEventId}` });
      stream.close();
    });
    const { status, lines, output } = await run(url, '--count', '3');
    expect({ status, lines }).toEqual({ status: 0, lines: ['after ', 'after 1', 'after 2'] });
    expect(output).toContain('The server ended the stream: reconnecting\n');
    expect(output).toMatch(/reconnected to http:\S+ after \d+\.\d s\n/);
  });

  it('exits with --no-reconnect when the connection is lost', async () => {
    const url = await serve((request, response) => {
      const stream = EventStream.open(request, response);
      stream.send('only');
      stream.close();
    });
    expect(await run(url, '--no-reconnect')).toMatchObject({ status: 0, lines: ['only'] });
  });

  it.each([
    [
      404,
      '',
      'The server answered with 404 instead of 200\nThe server has no event stream at this path. Check the path',
    ],
    [426, '', 'The server answered with 426 instead of 200\nThe server expects a WebSocket here. Use pushwire connect'],
    [
      200,
      'text/html',
      'Content-Type must be text/event-stream; received text/html\nThis is a web page. Check the path',
    ],
  ])('exits with 1 and says what to do when the server answers with %i %s', async (status, type, message) => {
    const url = await serve((_, response) =>
      response.writeHead(status, type === '' ? {} : { 'Content-Type': type }).end(),
    );
    const { status: exitStatus, output } = await run(url);
    expect(exitStatus).toBe(1);
    expect(output).toMatch(new RegExp(`^pushwire: ${message}.*\\n$`));
  });

  const NOBODY = 'No server listens at this address. Check the port, and whether the server is running.\n';

  it('exits with 1 and prints what to do when the first connection fails', async () => {
    const refused = await run('http://127.0.0.1:1/');
    expect(refused.status).toBe(1);
    expect(refused.output).toBe(`pushwire: connect ECONNREFUSED 127.0.0.1:1\n${NOBODY}`);
    const url = await serve((request, response) => void EventStream.open(request, response));
    // With --reconnect, too: the next attempt would fail for the same reason.
    const secure = await run(url.replace('http:', 'https:'), '--reconnect');
    expect(secure.status).toBe(1);
    expect(secure.output).toBe(
      'pushwire: TLS: wrong version number\nThe server answered without TLS. If it does not use TLS, the URL must begin with http:.\n',
    );
  });

  it('tries the first connection again with --reconnect, and exits with 1 if none was open when it is interrupted', async () => {
    const program = listen('http://127.0.0.1:1/', '--reconnect');
    await program.printed(`connect ECONNREFUSED 127.0.0.1:1: reconnecting\n${NOBODY}`);
    program.process.kill('SIGINT');
    expect(await program.ended()).toBe(1);
  });

  it('waits for a server that restarts, once a connection was open', async () => {
    let server = createServer(
      (request, response) => void EventStream.open(request, response, { retry: 10 }).send('one'),
    );
    const start = async (port: number): Promise<number> => {
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
      return (server.address() as AddressInfo).port;
    };
    const port = await start(0);
    const program = listen(`127.0.0.1:${port}`, '--count', '2');
    await program.printed('one\n');
    server.close();
    server.closeAllConnections();
    await program.printed('connect ECONNREFUSED');
    server = createServer((request, response) => void EventStream.open(request, response).send('two'));
    onTestFinished(() => void server.close());
    await start(port);
    expect(await program.ended()).toBe(0);
    expect(program.output).toContain('two\n');
    expect(program.output).not.toContain('No server listens');
  });

  it('exits with 0 when it is interrupted', async () => {
    const url = await serve((request, response) => void EventStream.open(request, response).send('ready'));
    const program = listen(new URL(url).host);
    await program.printed('ready\n');
    program.process.kill('SIGINT');
    expect(await program.ended()).toBe(0);
  });

  // Both signals have one handler.
  it.each((['SIGINT', 'SIGTERM'] as const).filter((signal) => signal === 'SIGINT' || isDue(`listen and ${signal}`)))(
    'exits on %s, even if nothing reads its output',
    async (signal) => {
      const url = await serve((request, response) => {
        const stream = EventStream.open(request, response);
        const fill = (): void => {
          while (!stream.closed && stream.send('x'.repeat(60_000)));
        };
        stream.on('drain', fill);
        fill();
      });
      const program = listen(url);
      const { stdout } = program.process;
      stdout!.pause();
      await program.printed('connected to');
      // The output is full when no more data arrives.
      await expect.poll(() => stdout!.readableLength).toBeGreaterThan(0);
      program.process.kill(signal);
      const [status] = await once(program.process, 'exit');
      expect(status).toBe(0);
    },
  );

  it.each([[[]], [['not a url']], [['http://localhost', '--count', '0']], [['http://localhost', '--header', ':']]])(
    'refuses the arguments %j',
    async (args) => {
      expect(await refusalOf('listen', ...args)).not.toBe('');
    },
  );

  it.each([
    [['ws://localhost'], 'URL scheme must be http or https; received "ws". For a WebSocket, use pushwire connect URL'],
    [['ftp://localhost'], 'URL scheme must be http or https; received "ftp"'],
    [['http://localhost', '--method', 'G ET'], '--method must be a token, such as GET or POST; received "G ET"'],
    [['http://localhost', '--method', ''], '--method must be a token, such as GET or POST; received ""'],
  ])('rejects the arguments %j, and says what is allowed', async (args, message) => {
    await expect(listenHere(args)).rejects.toThrow(new UsageError(message));
  });
});
