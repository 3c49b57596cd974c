import { expect, it } from 'vitest';
import { startEchoServer } from '../../../spec/support/sockets.ts';
import { probeServer } from '../../src/conformance/websocket/probe-server.ts';
import { casesOf, expectedVerdicts, MAX_FRAGMENTS, TIME_LIMIT, verdictsOf } from './own-conformance.ts';

const CASES = casesOf('server');

it('pushwire as a server gets the expected verdicts', async () => {
  const { url } = await startEchoServer({ perMessageDeflate: true, maxFragments: MAX_FRAGMENTS });
  const results = await probeServer(url, CASES, { concurrency: 8, timeLimit: TIME_LIMIT });
  expect(results).toHaveLength(CASES.length);
  expect(verdictsOf(results)).toEqual(expectedVerdicts(CASES));
}, 3_600_000);
