import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { isDue } from '../../../spec/support/full-run.ts';
import { pushwire, refusalOf, runWarm } from '../support/command.ts';

describe('pushwire compare', () => {
  it.each([
    [['nothing'], 'Unknown scene "nothing"'],
    [['--rounds', '0'], '--rounds must be a whole number from 1 to 1000; received "0"'],
    [['--websocket', 'ws://127.0.0.1/'], '--websocket and --event-stream must be used together'],
    [
      ['--websocket', 'http://a/', '--event-stream', 'http://a/'],
      '--websocket must be a URL with the scheme ws: or wss:; received "http://a/"',
    ],
    [
      ['--websocket', 'ws://a/', '--event-stream', 'ftp://x'],
      '--event-stream must be a URL with the scheme http: or https:; received "ftp://x"',
    ],
    [
      ['latency', '--websocket', 'ws://a/', '--event-stream', 'http://a/'],
      'Scenes and --browser cannot be combined with --websocket and --event-stream',
    ],
    [
      ['--browser', '--websocket', 'ws://a/', '--event-stream', 'http://a/'],
      'cannot be combined with --websocket and --event-stream',
    ],
  ])('%s is a wrong argument', async (args, message) => {
    expect(await refusalOf('compare', ...args)).toContain(message);
  });

  it('prints one line if a server cannot be reached', async () => {
    const server = createServer((_, response) => response.writeHead(404).end()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const servers = ['--websocket', `ws://127.0.0.1:${port}`, '--event-stream', `http://127.0.0.1:${port}`];
    const { status, output } = await runWarm('compare', ...servers);
    expect(status).toBe(1);
    // The process of an earlier test is used again: after ten seconds, it also writes a line of progress.
    expect(output.replaceAll(/^\d+ of \d+ done, .*\n/gm, '')).toBe('pushwire: Unexpected server response: 404\n');
  });

  it.skipIf(process.platform !== 'linux')(
    'ends its processes when it is interrupted',
    async () => {
      // Each of these scenes has two processes of its own.
      const scenes = isDue('interruption of two scenes') ? ['network', 'proxy'] : ['network'];
      const program = pushwire('compare', ...scenes, '--rounds', '3');
      const children = await childrenOf(program.process.pid!, 2 * scenes.length);
      program.process.kill('SIGINT');
      expect(await program.ended()).toBe(130);
      expect(program.output).toBe('');
      for (const child of children) expect(() => process.kill(child, 0)).toThrow('ESRCH');
    },
    30_000,
  );
});

/** Resolves when the process has at least `count` children. Reads /proc, so it needs Linux. */
async function childrenOf(parent: number, count: number): Promise<number[]> {
  for (;;) {
    const children: number[] = [];
    for (const entry of await readdir('/proc')) {
      if (!/^\d+$/.test(entry)) continue;
      const status = await readFile(`/proc/${entry}/stat`, 'utf8').catch(() => '');
      if (Number(status.replace(/^.*\) /, '').split(' ')[1]) === parent) children.push(Number(entry));
    }
    if (children.length >= count) return children;
    await delay(20);
  }
}
