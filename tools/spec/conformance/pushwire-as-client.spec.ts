import { describe, expect, it } from 'vitest';
import { WebSocket } from '../../../src/websocket/index.ts';
import { serveCases } from '../../src/conformance/serve-cases.ts';
import type { CaseResult } from '../../src/conformance/verdict.ts';
import { casesOf, expectedVerdicts, MAX_FRAGMENTS, TIME_LIMIT, verdictsOf } from './own-conformance.ts';

const CASES = casesOf('client');

describe('pushwire as a client', () => {
  it('gets the expected verdicts with the URLs of the Autobahn suite', async () => {
    const results: CaseResult[] = [];
    const server = await serveCases(CASES, [], {
      port: 0,
      host: '127.0.0.1',
      timeLimit: TIME_LIMIT,
      onResult: (_agent, result) => void results.push(result),
    });
    /** Resolves with the last message that the server sends at a path. */
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
          const socket = new WebSocket(`ws://${server.address}/runCase?case=${number}&agent=pushwire`, {
            maxFragments: MAX_FRAGMENTS,
          });
          socket.on('error', () => {});
          socket.on('message', (data, isBinary) => void socket.send(data, { binary: isBinary }));
          socket.on('close', () => resolve());
        });
      }
    };
    await Promise.all(Array.from({ length: 8 }, work));
    // The tester has the last results only after the TCP connections have ended.
    await expect.poll(() => results.length).toBe(count);
    expect(verdictsOf(results)).toEqual(expectedVerdicts(CASES));
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
