import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { serve } from '../../../../spec/support/http-server.ts';
import { startEchoServer, startServer } from '../../../../spec/support/sockets.ts';
import { runWarm } from '../../support/command.ts';

const run = (...args: string[]) => runWarm('conform', ...args);

describe('pushwire conform, if no case can say anything about a server', () => {
  it('runs no case, prints the reason and exits with 1; each report except that of --json contains the reason', async () => {
    const { url } = await startEchoServer({ path: '/echo' });
    const path = await mkdtemp(join(tmpdir(), 'pushwire-unsuitable-'));
    onTestFinished(() => rm(path, { recursive: true }));
    const [json, html, junit, markdown, badge] = ['json', 'html', 'xml', 'md', 'svg'].map((name) => join(path, name));
    const files = ['--json', json!, '--html', html!, '--junit', junit!, '--markdown', markdown!, '--badge', badge!];
    const { status, output } = await run(url, '--agent', 'a<b', ...files);
    const reason =
      'does not open a WebSocket; received the status 404 instead of 101. The server has no WebSocket at this path. Check the path of the URL, such as /ws.';
    expect([status, output]).toEqual([
      1,
      `pushwire: a<b ${reason} None of its cases was run (--force runs them)\npushwire: Wrote ${html}, ${junit}, ${markdown}, ${badge}\n`,
    ]);
    expect((await readdir(path)).sort()).toEqual(['html', 'md', 'svg', 'xml']);
    const [page, xml, summary, picture] = await Promise.all(
      [html, junit, markdown, badge].map((file) => readFile(file!, 'utf8')),
    );
    expect(page).toContain(`<strong>a&lt;b was not tested.</strong> The server ${reason}`);
    expect(xml).toContain('<testsuite name="a&lt;b" tests="1" failures="0" errors="1" skipped="0">');
    expect(xml).toContain(`<error message="The server ${reason}"/>`);
    expect(summary).toContain(`| \`a<b\` | \`The server ${reason}\` |`);
    expect(summary).not.toContain('No case failed');
    expect(picture).toContain('1 server not tested');
    expect(picture).toContain('#cf222e');
  });

  it('runs them with --force', async () => {
    const { url } = await startEchoServer({ path: '/echo' });
    const { status, output } = await run(url, '--only', '14.1.1', '--force');
    expect(status).toBe(1);
    expect(output).toMatch(/^pushwire: ws:\S+ does not open a WebSocket; .*such as \/ws\.\n/);
    expect(output).toMatch(/^14\.1\.1 {2}FAILED {2}.*received 404/m);
  });

  it('does the same for an event stream server', async () => {
    const url = await serve((_, response) => void response.writeHead(404).end());
    const { status, output } = await run(url);
    expect([status, output]).toEqual([
      1,
      `pushwire: ${url} does not send an event stream; received the status 404 with no Content-Type. The server has no event stream at this path. Check the path of the URL, such as /events. None of its cases was run (--force runs them)\n`,
    ]);
  });
});

it('pushwire conform runs the cases one at a time if the server sends each message to all connections, and reports it', async () => {
  const { server, url } = await startServer();
  server.on('connection', (socket) => {
    socket.on('error', () => {});
    socket.on('message', (data, binary) => {
      for (const client of server.clients!) client.send(data as Buffer, { binary });
    });
  });
  const { status, output } = await run(url, '--only', '1,5');
  expect(output).toContain(`pushwire: ${url} sends each message to all connections, so its cases run one at a time.`);
  expect(output).toMatch(/^ +all +36 +0 +0 +0 +0$/m);
  expect(status).toBe(0);
});

it('pushwire conform treats a URL without a scheme as that of a WebSocket server, and reports it', async () => {
  const { url, port } = await startEchoServer();
  const { status, output } = await run(`127.0.0.1:${port}/a`, '--only', '1.1.1');
  expect(output).toContain(
    `pushwire: Testing the WebSocket server ${url}/a. For an event stream, use http://127.0.0.1:${port}/a\n`,
  );
  expect(status).toBe(0);
});
