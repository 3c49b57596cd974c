import { readFileSync } from 'node:fs';
import { connect as connectSocket, createServer } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { WebSocket } from 'ws';
import type { ChildProgram } from '../../spec/support/child-program.ts';
import { compare } from '../src/commands/compare.ts';
import { conform } from '../src/commands/conform.ts';
import { connect } from '../src/commands/connect.ts';
import { listen } from '../src/commands/listen.ts';
import { serve } from '../src/commands/serve.ts';
import { pushwire, refusalOf, runPushwire, runWarm } from './support/command.ts';
import { WarmCommand } from './support/warm-command.ts';

describe('pushwire', () => {
  it('prints its version and its commands', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
    expect(await runPushwire('--version')).toEqual({ status: 0, output: `${version}\n` });
    const help = await runWarm('--help');
    expect(help.status).toBe(0);
    expect(help.output).toContain('serve');
    const helpOfServe = await runWarm('serve', '--help');
    expect(helpOfServe.output).toContain('--interval');
    expect(await runWarm('help', 'serve')).toEqual(helpOfServe);
    expect(await runWarm('help')).toEqual(help);
  });

  it('fits its help into 80 columns', async () => {
    const output = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    onTestFinished(() => output.mockRestore());
    for (const command of [serve, connect, listen, conform, compare]) {
      output.mockClear();
      await command(['--help']);
      const lines = String(output.mock.lastCall?.[0]).split('\n');
      expect(lines[0]).toMatch(`Usage: pushwire ${command.name} `);
      expect(lines.filter((line) => line.length > 80)).toEqual([]);
    }
  });

  for (const [title, args, message] of [
    ['no command', [], 'Missing command'],
    ['an unknown command', ['sevre'], 'Unknown command "sevre"'],
    ['a command that is a property of every object', ['toString'], 'Unknown command "toString"'],
    ['an unknown option without a command', ['--versoin'], 'Unknown option "--versoin"'],
    ['help for an unknown command', ['help', 'sevre'], 'Unknown command "sevre"'],
    ['an unknown option', ['serve', '--prot', '1'], 'Unknown option "--prot"'],
  ] as const) {
    it(`exits with 2 and prints the reason for ${title}`, async () => {
      const { status, output } = await runPushwire(...args);
      expect(status).toBe(2);
      expect(output).toContain(`pushwire: ${message}`);
      expect(output).not.toMatch(/^ {4}at /m);
    });
  }

  for (const [title, options, message] of [
    ['an argument too many', ['9001'], 'Unexpected argument "9001"'],
    ['an invalid port', ['--port', '65536'], '--port must be a whole number from 0 to 65535; received "65536"'],
    ['a certificate without its key', ['--cert', 'a.pem'], '--cert and --key must be used together'],
    ['an invalid interval', ['--interval', '0'], '--interval must be a whole number from 1 to 60000; received "0"'],
  ] as const) {
    it(`serve refuses ${title}`, async () => {
      expect(await refusalOf('serve', ...options)).toContain(message);
    });
  }
});

describe('pushwire serve', () => {
  /** The address that the command prints. */
  async function served(program: ChildProgram | WarmCommand): Promise<string> {
    await program.printed('Press Ctrl+C to stop.');
    return /http:\/\/(\S+)\/$/m.exec(program.output)![1]!;
  }

  it('prints its addresses, serves, and exits with 0 when it is interrupted, even with connected clients', async () => {
    const program = pushwire('serve', '--port', '0', '--interval', '20');
    const address = await served(program);
    expect(program.output).toContain(`ws://${address}/websocket`);
    expect(await (await fetch(`http://${address}/`)).text()).toContain('<title>pushwire');
    const client = new WebSocket(`ws://${address}/websocket`);
    await new Promise((resolve) => client.once('message', resolve));
    const closed = new Promise((resolve) => client.on('close', resolve));
    const stream = await fetch(`http://${address}/eventsource`);
    const reader = stream.body!.getReader();
    await reader.read();
    program.process.kill('SIGINT');
    expect(await program.ended()).toBe(0);
    expect(await closed).toBe(1001);
    while (!(await reader.read()).done);
  });

  it('listens on the next free port when the default port is in use, and prints a note', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => {
      // Makes sure that the port is in use, by this server or by another one.
      taken.on('error', () => resolve()).listen(8080, '127.0.0.1', resolve);
    });
    onTestFinished(() => void taken.close());
    const program = new WarmCommand(['serve']);
    const address = await served(program);
    expect(address).not.toBe('127.0.0.1:8080');
    expect(program.output).toContain('Port 8080 is in use; using the next free port.');
    const socket = connectSocket(Number(address.split(':')[1]), '127.0.0.1');
    await new Promise((resolve) => socket.once('connect', resolve));
    socket.destroy();
  });

  it('exits with 1 when the requested port is in use', async () => {
    const taken = createServer();
    const port = await new Promise<number>((resolve) => {
      taken.listen(0, '127.0.0.1', () => resolve((taken.address() as { port: number }).port));
    });
    onTestFinished(() => void taken.close());
    const { status, output } = await runWarm('serve', '--port', String(port));
    expect(status).toBe(1);
    expect(output).toMatch(/^pushwire: listen EADDRINUSE.*\nAnother program listens on this port\. .*\n$/);
  });
});
