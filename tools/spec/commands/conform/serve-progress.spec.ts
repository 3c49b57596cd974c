import { expect, it, onTestFinished, vi } from 'vitest';
import { WebSocket } from '../../../../src/websocket/index.ts';
import { trustOf } from '../../../src/commands/arguments/trust.ts';
import { serveClients } from '../../../src/commands/conform/serve-clients.ts';

it('pushwire conform --serve shows at a terminal how many cases of each kind a client has done', async () => {
  const { isTTY } = process.stderr;
  process.stderr.isTTY = true;
  const [shown, printed] = [[] as string[], [] as string[]];
  const write = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    shown.push(String(text));
    return true;
  });
  const log = vi.spyOn(console, 'log').mockImplementation((text: string) => void printed.push(text));
  onTestFinished(() => {
    process.stderr.isTTY = isTTY;
    write.mockRestore();
    log.mockRestore();
  });
  await serveClients(
    { port: 0, host: '127.0.0.1', trust: trustOf('127.0.0.1', []), tls: undefined, stopsWhenComplete: false },
    {
      only: ['1.1.1', '1.1.2', '31.1.1'],
      exclude: [],
      excludeFor: [],
      concurrency: 1,
      timeLimit: 5000,
      quietLimit: 5000,
      messages: undefined,
      files: { json: undefined, html: undefined, junit: undefined, markdown: undefined, badge: undefined, earlier: [] },
      isForced: false,
      resumes: false,
    },
  );
  const [, address] = /ws:\/\/(\S+)/.exec(printed[0]!)!;
  const visit = async (path: string): Promise<void> => {
    const socket = new WebSocket(`ws://${address}${path}`);
    socket.on('message', (data, isBinary) => void socket.send(data, { binary: isBinary }));
    await new Promise((resolve) => socket.on('close', resolve));
  };
  for (const number of [1, 2, 2]) {
    await visit(`/runCase?case=${number}&agent=%1B`);
    // The answer waits for the verdict.
    await visit(`/getCaseStatus?case=${number}&agent=%1B`);
  }
  const stream = `http://${address}/runEventStream?case=1&agent=%1B`;
  await fetch(stream).then((response) => response.text());
  const body = JSON.stringify([{ type: 'message', data: 'a', lastEventId: '' }]);
  const reported = await fetch(stream.replace('/run', '/report'), { method: 'POST', body });
  expect(await reported.json()).toEqual({ behavior: 'OK', text: '' });
  await visit('/stopServer');
  await vi.waitFor(() => expect(printed.at(-1)).toContain('Framing'));
  const bars = shown.filter((text) => text.includes('/')).map((text) => text.replace(/^.*[█░] /s, '').slice(0, -3));
  expect(bars).toEqual(['1/2 \\x1b 1.1.1', '2/2 \\x1b 1.1.2', '2/2 \\x1b 1.1.2', '1/1 \\x1b 31.1.1']);
  // The bar makes room for the results.
  expect(shown.at(-1)).toBe('\r\x1b[K');
});
