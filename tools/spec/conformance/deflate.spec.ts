import { once } from 'node:events';
import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { isDue } from '../../../spec/support/full-run.ts';
import { KEY } from '../../../spec/support/raw-peer.ts';
import { CATALOGUE, SERVER_CATALOGUE } from '../../src/conformance/catalogue.ts';
import { serveCases } from '../../src/conformance/serve-cases.ts';
import type { CaseResult } from '../../src/conformance/verdict.ts';
import { probeServer, type ServerCase } from '../../src/conformance/websocket/probe-server.ts';
import { type DeflateBehaviour, deflateAgent, deflateClient, STANDARD } from './deflate-agent.ts';
import { shortened } from './own-conformance.ts';

/** Resolves with the verdicts that are not OK, by id. */
async function probe(changes: Partial<DeflateBehaviour>, ids: readonly string[]): Promise<Record<string, string>> {
  const cases = SERVER_CATALOGUE.filter(({ id }) => ids.includes(id)).map(
    (one): ServerCase => ('steps' in one && !isDue(`deflate ${one.id}`) ? shortened(one) : one),
  );
  expect(cases).toHaveLength(ids.length);
  const server = deflateAgent({ ...STANDARD, ...changes }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  // Concurrent tests cannot use onTestFinished.
  const results = await probeServer(url, cases, { concurrency: 4, timeLimit: 60_000 }).finally(() => {
    server.close();
    server.closeAllConnections();
  });
  return Object.fromEntries(results.filter(({ verdict }) => verdict !== 'OK').map(({ id, verdict }) => [id, verdict]));
}

/** Like `probe`, for a client agent. */
async function probeClient(
  changes: Partial<DeflateBehaviour>,
  ids: readonly string[],
): Promise<Record<string, string>> {
  const cases = CATALOGUE.filter(({ id }) => ids.includes(id)).map(shortened);
  expect(cases).toHaveLength(ids.length);
  const results: CaseResult[] = [];
  const onResult = (_agent: string, result: CaseResult): void => void results.push(result);
  const server = await serveCases(cases, [], { port: 0, host: '127.0.0.1', timeLimit: 60_000, onResult });
  for (const index of cases.keys()) {
    const headers = {
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': 13,
      'Sec-WebSocket-Key': KEY,
      'Sec-WebSocket-Extensions': 'permessage-deflate; client_no_context_takeover; client_max_window_bits',
    };
    const url = `http://${server.address}/runCase?case=${index + 1}&agent=it`;
    const opened = request(url, { headers, agent: false });
    opened.on('upgrade', ({ headers: fields }, socket, head) => {
      deflateClient(socket, head, fields['sec-websocket-extensions'] ?? '', { ...STANDARD, ...changes });
    });
    opened.end();
  }
  await expect.poll(() => results.length, { timeout: 60_000 }).toBe(cases.length);
  await server.close();
  return Object.fromEntries(results.filter(({ verdict }) => verdict !== 'OK').map(({ id, verdict }) => [id, verdict]));
}

/** Two cases for each set of parameters, whole and fragmented, and the cases of the negotiation. */
const QUICK = [
  ...[1, 2, 3, 4, 5].flatMap((kind) => [`12.${kind}.2`, `12.${kind}.4`]),
  ...[1, 2, 3, 4, 5, 6, 7].flatMap((preferences) => [`13.${preferences}.2`, `13.${preferences}.4`]),
  ...[1, 2, 3, 4, 5, 6].map((own) => `18.${own}.2`),
  '12.1.11',
  '14.5.1',
  '14.5.2',
  '14.5.3',
];

/** Adds what the server chooses for the client, if the client lets it choose. */
const choosing =
  (choice: string): DeflateBehaviour['answer'] =>
  (offer) =>
    STANDARD.answer(offer) + (offer.letsChoose ? choice : '');

/** Servers that choose parameters for the client, and keep them. */
const CHOICES: readonly (readonly [choice: string, changes: Partial<DeflateBehaviour>])[] = [
  ['no context takeover', { answer: choosing('; client_no_context_takeover'), keepsReceived: false }],
  ['a window of 9 bits', { answer: choosing('; client_max_window_bits=9'), receivedWindow: 512 }],
  ['a window of 8 bits', { answer: choosing('; client_max_window_bits=8'), receivedWindow: 256 }],
];

const FAULTS: readonly (readonly [fault: string, changes: Partial<DeflateBehaviour>, caughtBy: readonly string[]])[] = [
  ['does not set RSV1 on a compressed message', { flags: 0 }, ['12.1.1', '12.3.1']],
  ['also sets RSV2', { flags: 6 }, ['12.1.1']],
  ['sets RSV1 on all fragments', { secondFlags: 4 }, ['12.1.2']],
  ['sets RSV1 on the last fragment', { flags: 0, secondFlags: 4 }, ['12.1.2']],
  ['does not keep the context of received messages', { keepsReceived: false }, ['12.1.2', '13.1.2']],
  ['keeps its context despite server_no_context_takeover', { takesOver: () => true }, ['13.2.2', '13.5.2', '13.6.2']],
  ['uses a larger window than negotiated', { windowBits: () => 15 }, ['13.3.4', '13.3.5']],
  [
    'responds with client_max_window_bits that was not offered',
    { answer: () => 'permessage-deflate; server_no_context_takeover; client_max_window_bits=10' },
    ['14.5.1'],
  ],
  [
    'responds with a larger window than requested',
    { answer: () => 'permessage-deflate; server_max_window_bits=15' },
    ['14.5.2'],
  ],
  [
    'omits the requested parameters',
    { answer: () => 'permessage-deflate' },
    ['13.2.1', '13.3.1', '13.5.1', '13.6.1', '14.5.2', '14.5.3'],
  ],
  ['inflates each fragment separately', { inflatesFragments: true }, ['12.1.11']],
  ['validates UTF-8 before it inflates', { looksBefore: true }, ['12.1.4']],
  ['loses the last byte', { damage: (compressed) => compressed.subarray(0, -1) }, ['12.1.1']],
  ['appends a byte', { damage: (compressed) => Buffer.concat([compressed, Buffer.of(0xff)]) }, ['12.1.1']],
  [
    'chooses a window of 11 bits for the client, and keeps 9',
    { answer: choosing('; client_max_window_bits=11'), receivedWindow: 512 },
    ['12.1.4', '13.3.4'],
  ],
  [
    'chooses a larger window for the client than offered',
    { answer: choosing('; client_max_window_bits=10') },
    ['18.2.1', '18.4.1'],
  ],
  ['limits inflated messages to 1000 bytes', { maxPayload: 1000 }, ['12.1.4']],
];

describe('the cases of permessage-deflate', () => {
  it('are all passed by a server that follows the standard', async () => {
    expect(await probe({}, QUICK)).toEqual({});
    expect(await probe({ secondFlags: 0 }, ['12.1.2', '12.1.11', '13.3.4'])).toEqual({});
  }, 120_000);

  it.concurrent.each(FAULTS)('find a server that %s', async (_fault, changes, caughtBy) => {
    expect(await probe(changes, caughtBy)).toEqual(Object.fromEntries(caughtBy.map((id) => [id, 'FAILED'])));
  });

  it.concurrent.each(CHOICES)('are all passed by a server that chooses %s for the client', async (_choice, changes) => {
    expect(
      await probe(changes, ['12.1.2', '12.1.4', '12.4.4', '13.1.4', '13.2.4', '13.3.4', '13.7.4', '14.5.1']),
    ).toEqual({});
  });
});

/** What a client does with what the server chose. */
const CLIENT_FAULTS: typeof FAULTS = [
  ['keeps its context despite client_no_context_takeover', { takesOver: () => true }, ['13.2.2', '13.5.2', '13.6.2']],
  ['uses a larger window than the server chose', { windowBits: () => 15 }, ['13.3.4', '13.3.5']],
  ['does not keep the context of received messages', { keepsReceived: false }, ['12.1.2', '13.1.2']],
  ['does not set RSV1 on a compressed message', { flags: 0 }, ['12.1.1', '18.1.1']],
];

describe('the cases of permessage-deflate for clients', () => {
  it('are all passed by a client that follows the standard', async () => {
    const ids = QUICK.filter((id) => !id.startsWith('14'));
    expect(await probeClient({}, ids)).toEqual({});
  }, 120_000);

  it('are passed by a client that keeps no more than the server promised', async () => {
    expect(await probeClient({ keepsReceived: false }, ['18.1.2', '18.4.2', '18.5.2'])).toEqual({});
    expect(await probeClient({ receivedWindow: 512 }, ['18.2.2'])).toEqual({});
    expect(await probeClient({ receivedWindow: 256 }, ['18.6.2'])).toEqual({});
  });

  it.concurrent.each(CLIENT_FAULTS)('find a client that %s', async (_fault, changes, caughtBy) => {
    expect(await probeClient(changes, caughtBy)).toEqual(Object.fromEntries(caughtBy.map((id) => [id, 'FAILED'])));
  });
});
