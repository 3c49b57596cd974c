import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { startEchoServer } from '../../../spec/support/sockets.ts';
import { WebSocket } from '../../../src/websocket/index.ts';
import { serveCases } from '../../src/conformance/serve-cases.ts';
import type { CaseResult } from '../../src/conformance/verdict.ts';
import { probeServer } from '../../src/conformance/websocket/probe-server.ts';
import { CASES } from './short-cases.ts';

/** By id, what both verdicts are; what is not listed is OK twice. */
const EXPECTED: Record<string, string> = JSON.parse(readFileSync(new URL('expected.json', import.meta.url), 'utf8'));

/** Milliseconds. On a busy machine, an agent may answer late. */
const TIME_LIMIT = 60_000;

function verdictsOf(results: readonly CaseResult[]): Record<string, string> {
  const verdicts = results.map(({ id, verdict, closeVerdict }) => [id, `${verdict}, closing ${closeVerdict}`]);
  return Object.fromEntries(verdicts.filter(([, verdict]) => verdict !== 'OK, closing OK'));
}

describe('pushwire, by its own catalogue', () => {
  it('as a server has the verdicts of expected.json', async () => {
    const { url } = await startEchoServer({ perMessageDeflate: true });
    const results = await probeServer(url, CASES, { concurrency: 8, timeLimit: TIME_LIMIT });
    expect(results).toHaveLength(CASES.length);
    expect(verdictsOf(results)).toEqual(EXPECTED);
  }, 3_600_000);

  it('as a client has them, too, over the paths of the Autobahn suite', async () => {
    const results: CaseResult[] = [];
    const server = await serveCases(CASES, [], {
      port: 0,
      host: '127.0.0.1',
      timeLimit: TIME_LIMIT,
      onResult: (_agent, result) => void results.push(result),
    });
    /** The last message on that path. */
    const ask = (path: string): Promise<string> =>
      new Promise((resolve, reject) => {
        const socket = new WebSocket(`ws://${server.address}${path}`);
        let message = '';
        socket.on('message', (data) => {
          message = String(data);
        });
        socket.on('error', reject);
        socket.on('close', () => resolve(message));
      });
    const count = Number(await ask('/getCaseCount'));
    expect(count).toBe(CASES.length);
    expect(JSON.parse(await ask('/getCaseInfo?case=1'))).toEqual({ id: CASES[0]!.id, description: CASES[0]!.title });
    let next = 1;
    const work = async (): Promise<void> => {
      while (next <= count) {
        const number = next++;
        await new Promise<void>((resolve) => {
          const socket = new WebSocket(`ws://${server.address}/runCase?case=${number}&agent=pushwire`);
          socket.on('error', () => {});
          socket.on('message', (data, isBinary) => void socket.send(data, { binary: isBinary }));
          socket.on('close', () => resolve());
        });
      }
    };
    await Promise.all(Array.from({ length: 8 }, work));
    // What the last ones were is known only when the tester has seen the end of TCP.
    await expect.poll(() => results.length).toBe(count);
    expect(verdictsOf(results)).toEqual(EXPECTED);
    expect(JSON.parse(await ask('/getCaseStatus?case=1&agent=pushwire'))).toEqual({
      behavior: 'OK',
      behaviorClose: 'OK',
      text: '',
    });
    expect(JSON.parse(await ask('/getCaseStatus?case=1&agent=nobody'))).toEqual({ behavior: 'UNKNOWN' });
    await ask('/updateReports?agent=pushwire');
    expect(Object.keys(server.report().pushwire!)).toHaveLength(count);
    for (const path of ['/', '/runCase?case=0', `/runCase?case=${count + 1}`, '/other?case=1']) {
      await expect(ask(path)).rejects.toMatchObject({ status: 404 });
    }
    await server.close();
  }, 3_600_000);
});
