import { createServer as createSecureServer } from 'node:https';
import { describe, expect, it, onTestFinished } from 'vitest';
import { isDue } from '../../../spec/support/full-run.ts';
import { listen } from '../../../spec/support/http-server.ts';
import { startEchoServer } from '../../../spec/support/sockets.ts';
import { EventStream } from '../../../src/sse/index.ts';
import { WebSocketServer } from '../../../src/websocket/index.ts';
import { selfSignedCertificate } from '../../src/compare/self-signed-certificate.ts';
import { FRAGILE_SERVERS, fragileServer } from '../../src/conformance/self-test/fragile-server.ts';
import { HANDSHAKE_TRIALS } from '../../src/conformance/self-test/handshake-trials.ts';
import { probeOnce } from '../../src/conformance/self-test/probing.ts';
import { streamRobustness } from '../../src/conformance/sse/cases/24-robustness.ts';
import { probeStreamServer } from '../../src/conformance/sse/probe-stream-server.ts';
import { robustness } from '../../src/conformance/websocket/cases/15-robustness.ts';
import { probeServer } from '../../src/conformance/websocket/probe-server.ts';

/** Cases that repeat others: pongs instead of pings, frames after a request, and several compressed messages instead of one. */
const REPEATED = ['15.1.9', '15.1.21', '15.2.2'];
/** The connections that are reset over TLS in `npm test`. */
const FEW = 10;

describe('the cases of robustness', () => {
  it('are all passed by pushwire', async () => {
    const { url } = await startEchoServer({ perMessageDeflate: true });
    // Without a full run, all but those that repeat others.
    const cases = robustness.filter(({ id }) => !REPEATED.includes(id) || isDue(`robustness ${id}`));
    const results = await probeServer(url, cases, { concurrency: 4, timeLimit: 30_000 });
    expect(results.filter(({ verdict, closeVerdict }) => verdict !== 'OK' || closeVerdict !== 'OK')).toEqual([]);
    expect(results).toHaveLength(cases.length);
  }, 120_000);

  it('are passed over TLS, where a connection cannot be reset', async () => {
    const https = createSecureServer(selfSignedCertificate(), (request, response) => {
      const stream = EventStream.open(request, response);
      for (let number = 0; number < 10; number++) stream.send('a');
    });
    const wss = new WebSocketServer({ server: https });
    wss.on('connection', (socket) => {
      socket.on('error', () => {});
      socket.on('message', (data, isBinary) => void socket.send(data, { binary: isBinary }));
    });
    onTestFinished(() => wss.close());
    const port = await listen(https);
    // Without a full run, every other case, with fewer connections: TLS is the same for each of them.
    const isWhole = isDue('robustness over TLS');
    const step = isWhole ? 1 : 2;
    const cases = robustness
      .filter(({ attack }) => attack.cutAfter !== undefined)
      .filter((_, index) => index % step === 0)
      .map(({ attack, ...test }) => ({ ...test, attack: isWhole ? attack : { ...attack, connections: FEW } }));
    const results = await probeServer(`wss://127.0.0.1:${port}/`, cases, { concurrency: 1, timeLimit: 30_000 });
    expect(results.map(({ verdict, text }) => `${verdict}${text}`)).toEqual(cases.map(() => 'OK'));
    expect(results).not.toEqual([]);
    const disturbances = streamRobustness
      .filter(({ disturbance }) => Number.isFinite(disturbance?.cutAfter))
      .filter((_, index) => index % step === 0);
    const options = { concurrency: 1, timeLimit: 30_000 };
    const others = await probeStreamServer(`https://127.0.0.1:${port}/`, disturbances, options);
    expect(others.map(({ verdict, text }) => `${verdict}${text}`)).toEqual(disturbances.map(() => 'OK'));
    expect(others).not.toEqual([]);
  });

  it('are UNIMPLEMENTED if they need compression and the server has none', async () => {
    const { url } = await startEchoServer({ perMessageDeflate: false });
    const cases = robustness.filter(({ attack }) => attack.deflate);
    const results = await probeServer(url, cases, { concurrency: 1, timeLimit: 30_000 });
    expect(results.map(({ verdict }) => verdict)).toEqual(cases.map(() => 'UNIMPLEMENTED'));
  });

  const fragile = HANDSHAKE_TRIALS.filter(({ habit }) => habit.startsWith('breaks after'));

  it.each(fragile.map((trial) => [trial.habit, trial] as const))('find a server that %s', async (_, trial) => {
    expect(trial.cases).not.toEqual([]);
    expect(await trial.run()).toEqual([]);
  });

  it('are each named by a fragile server', () => {
    const titles = FRAGILE_SERVERS.flatMap(([, , named]) => named);
    expect(titles.filter((title) => !robustness.some((test) => test.title === title))).toEqual([]);
    expect(fragile.map(({ cases }) => cases.length)).toEqual(FRAGILE_SERVERS.map(([, , named]) => named.length));
  });

  it('say which client was not served', async () => {
    // Without a full run, every third server: the tests above have each of them.
    const step = isDue('texts of robustness') ? 1 : 3;
    for (const [, breaks, titles] of FRAGILE_SERVERS.filter((_, index) => index % step === 0)) {
      const cases = robustness.filter(({ title }) => title === titles[0]);
      const [result] = await probeOnce(fragileServer(breaks), cases, { concurrency: 1, timeLimit: 2000 });
      expect(result?.text).toMatch(/^(The (client|attacker)|Before)/i);
    }
  });
});
