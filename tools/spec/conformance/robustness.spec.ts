import { describe, expect, it } from 'vitest';
import { startEchoServer } from '../../../spec/support/sockets.ts';
import { FRAGILE_SERVERS, fragileServer } from '../../src/conformance/self-test/fragile-server.ts';
import { HANDSHAKE_TRIALS } from '../../src/conformance/self-test/handshake-trials.ts';
import { probeOnce } from '../../src/conformance/self-test/probing.ts';
import { robustness } from '../../src/conformance/websocket/cases/15-robustness.ts';
import { probeServer } from '../../src/conformance/websocket/probe-server.ts';

describe('the cases of robustness', () => {
  it('are all passed by pushwire', async () => {
    const { url } = await startEchoServer({ perMessageDeflate: true });
    const results = await probeServer(url, robustness, { concurrency: 4, timeLimit: 30_000 });
    expect(results.filter(({ verdict, closeVerdict }) => verdict !== 'OK' || closeVerdict !== 'OK')).toEqual([]);
    expect(results).toHaveLength(robustness.length);
  }, 120_000);

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
    for (const [, breaks, titles] of FRAGILE_SERVERS) {
      const cases = robustness.filter(({ title }) => title === titles[0]);
      const [result] = await probeOnce(fragileServer(breaks), cases, { concurrency: 1, timeLimit: 2000 });
      expect(result?.text).toMatch(/^(The (client|attacker)|Before)/i);
    }
  });
});
