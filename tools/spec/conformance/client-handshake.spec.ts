import { connect } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { BrowserWebSocket, WebSocket } from '../../../src/websocket/index.ts';
import { HANDSHAKE_TRIALS } from '../../src/conformance/self-test/handshake-trials.ts';
import { serveCases } from '../../src/conformance/serve-cases.ts';
import type { CaseResult } from '../../src/conformance/verdict.ts';
import { clientHandshake } from '../../src/conformance/websocket/cases/16-client-handshake.ts';

/** Resolves with the verdicts that are not OK, by title. */
async function probe(
  run: (address: string, path: string) => Promise<void>,
  titles?: readonly string[],
  timeLimit = 30_000,
): Promise<Record<string, string>> {
  const cases = clientHandshake.filter(({ title }) => titles === undefined || titles.includes(title));
  expect(cases).toHaveLength(titles?.length ?? clientHandshake.length);
  const results: CaseResult[] = [];
  const onResult = (_agent: string, result: CaseResult): void => void results.push(result);
  const server = await serveCases(cases, [], { port: 0, host: '127.0.0.1', timeLimit, onResult });
  onTestFinished(() => server.close());
  await Promise.all(cases.map((_, index) => run(server.address, `/runCase?case=${index + 1}&agent=it`)));
  await expect.poll(() => results.length, { timeout: 10_000 }).toBe(cases.length);
  const verdicts = results.map(({ id, verdict }) => [cases.find((test) => test.id === id)!.title, verdict]);
  return Object.fromEntries(verdicts.filter(([, verdict]) => verdict !== 'OK'));
}

/** Echoes messages until the connection is closed. */
const runWebSocket = (WebSocketClass: typeof BrowserWebSocket) => (address: string, path: string) => {
  const socket = new WebSocketClass(`ws://${address}${path}`);
  socket.onerror = () => {};
  socket.onmessage = ({ data }: { data: unknown }) => socket.send(data as string);
  return new Promise<void>((resolve) => {
    socket.onclose = () => resolve();
  });
};

describe('the cases for the opening handshake of clients', () => {
  it.each([
    ['WebSocket', WebSocket as unknown as typeof BrowserWebSocket],
    ['BrowserWebSocket', BrowserWebSocket],
  ])('are all passed by %s', async (_, WebSocketClass) => {
    expect(await probe(runWebSocket(WebSocketClass))).toEqual({});
    expect(clientHandshake.length).toBeGreaterThan(30);
  });

  const trials = HANDSHAKE_TRIALS.filter(({ kind }) => kind === 'WebSocket client').map(
    (trial) => [trial.isFaulty ? 'find' : 'are all passed by', trial.habit, trial] as const,
  );

  it.each(trials)('%s a client that %s', async (_verb, _habit, trial) => {
    expect(trial.cases).not.toEqual([]);
    expect(await trial.run()).toEqual([]);
  });

  it('report a client that sends a Close frame after a failed handshake', async () => {
    const run = async (address: string, path: string): Promise<void> => {
      const socket = connect(Number(new URL(`http://${address}`).port), '127.0.0.1');
      const headers = ['Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='];
      socket.write([`GET ${path} HTTP/1.1`, 'Host: a', ...headers, '', ''].join('\r\n'));
      socket.once('data', () => socket.end(Buffer.from([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xea])));
      return new Promise((resolve) => socket.on('close', () => resolve()));
    };
    expect(await probe(run, ['Status 400'])).toEqual({ 'Status 400': 'NON-STRICT' });
  });
});
