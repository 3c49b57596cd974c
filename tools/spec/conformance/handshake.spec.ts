import { describe, expect, it } from 'vitest';
import { startEchoServer } from '../../../spec/support/sockets.ts';
import {
  type HandshakeBehaviour,
  handshakeServer,
  only,
  type Request,
  STANDARD,
} from '../../src/conformance/self-test/handshake-agent.ts';
import { HANDSHAKE_TRIALS } from '../../src/conformance/self-test/handshake-trials.ts';
import { probeOnce } from '../../src/conformance/self-test/probing.ts';
import { openingHandshake } from '../../src/conformance/websocket/cases/14-opening-handshake.ts';
import { probeServer } from '../../src/conformance/websocket/probe-server.ts';

describe('the cases of the opening handshake', () => {
  it('are all passed by pushwire', async () => {
    const { url } = await startEchoServer({ perMessageDeflate: true });
    const results = await probeServer(url, openingHandshake, { concurrency: 4, timeLimit: 20_000 });
    expect(results.filter(({ verdict }) => verdict !== 'OK')).toEqual([]);
    expect(results.length).toBeGreaterThan(40);
  });

  it('are NON-STRICT for a server that does not decode the key (RFC 6455 §4.2.2), if it answers the key', async () => {
    const status = ({ line, fields }: Request): number => {
      const key = only({ line, fields }, 'sec-websocket-key') === '' ? '' : 'AAAAAAAAAAAAAAAAAAAAAA==';
      return STANDARD.status({ line, fields: { ...fields, 'sec-websocket-key': [key] } });
    };
    const cases = openingHandshake.filter(({ title }) => title.startsWith('A key'));
    const verdictsOf = async (changes: Partial<HandshakeBehaviour>) => {
      const results = await probeOnce(handshakeServer(changes), cases, { concurrency: 3, timeLimit: 20_000 });
      return results.map(({ verdict }) => verdict);
    };
    expect(await verdictsOf({ status })).toEqual(['NON-STRICT', 'NON-STRICT', 'NON-STRICT']);
    expect(await verdictsOf({ status, accept: () => 'x' })).toEqual(['FAILED', 'FAILED', 'FAILED']);
  });

  it('name the missing field if the status is acceptable, and the sentence of the standard', async () => {
    const isVersion = ({ line, fields }: Request): boolean =>
      line.startsWith('GET') && /^\d+$/.test(only({ line, fields }, 'sec-websocket-version'));
    const status = (request: Request): number => {
      const strict = STANDARD.status(request);
      return strict === 426 && isVersion(request) ? 400 : strict;
    };
    const textOf = async (changes: Partial<HandshakeBehaviour>) => {
      const results = await probeOnce(handshakeServer({ status, ...changes }), openingHandshake, {
        concurrency: 4,
        timeLimit: 20_000,
      });
      return results.filter(({ id }) => id === '14.1.23').map(({ verdict, text }) => [verdict, text]);
    };
    const sentence = /\(RFC 6455 §4\.2\.2: "If this version does not match a version understood by the server, .*"\)$/;
    expect(await textOf({ answerFields: () => [] })).toEqual([
      [
        'FAILED',
        expect.stringMatching(
          /^Missing sec-websocket-version; expected a value that contains 13; received no such field \(/,
        ),
      ],
    ]);
    expect(await textOf({ answerFields: () => ['Sec-WebSocket-Version: 13'] })).toEqual([
      ['NON-STRICT', expect.stringMatching(/^Wrong status; expected 426; received 400 \(/)],
    ]);
    expect(await textOf({ answerFields: () => ['Sec-WebSocket-Version: 8'] })).toEqual([
      ['FAILED', expect.stringMatching(sentence)],
    ]);
  });

  const trials = HANDSHAKE_TRIALS.filter(
    ({ kind, habit }) => kind === 'WebSocket server' && !habit.startsWith('breaks after'),
  ).map((trial) => [trial.isFaulty ? 'find' : 'are all passed by', trial.habit, trial] as const);

  it.each(trials)('%s a server that %s', async (_verb, _habit, trial) => {
    expect(trial.cases).not.toEqual([]);
    expect(await trial.run()).toEqual([]);
  });

  it('do not fail valid requests of a server that treats the first chunk as the request', async () => {
    const cases = openingHandshake.filter(({ id }) => id === '14.1.1');
    const results = await probeOnce(handshakeServer({ readsOnce: true }), cases, { concurrency: 1 });
    expect(results.map(({ verdict }) => verdict)).toEqual(['OK']);
  });
});
