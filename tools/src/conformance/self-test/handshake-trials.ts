import { openingHandshake } from '../websocket/cases/14-opening-handshake.ts';
import { robustness } from '../websocket/cases/15-robustness.ts';
import { clientHandshake } from '../websocket/cases/16-client-handshake.ts';
import { FRAGILE_SERVERS, fragileServer } from './fragile-server.ts';
import { type HandshakeBehaviour, handshakeServer } from './handshake-agent.ts';
import {
  HANDSHAKE_CLIENT_FAULTS,
  type HandshakeClientBehaviour,
  runHandshakeClient,
  STANDARD,
} from './handshake-client.ts';
import { HANDSHAKE_FAULTS } from './handshake-faults.ts';
import { probeClients, probeOnce } from './probing.ts';
import { each, type Trial, trialOf, withIds } from './trial.ts';

/** Milliseconds for a server, which answers at once. */
const PATIENCE = 20_000;
/** Milliseconds for a server that is faulty, and may not answer, in the first attempt. */
const SERVER_WAIT = 3000;
/** The same for a server that breaks. */
const FRAGILE_WAIT = 2000;
/** The same for a client that stays connected. */
const CLIENT_WAIT = 1000;
/** How often a faulty agent is tried, with longer limits each time. */
const ATTEMPTS = 3;
/** The verdicts of a server without permessage-deflate. */
const WITHOUT_DEFLATE = each(['14.5.1', '14.5.2', '14.5.3', '14.5.4'], 'UNIMPLEMENTED');

function rightServer(
  habit: string,
  changes: Partial<HandshakeBehaviour>,
  expected: Parameters<typeof trialOf>[0]['expected'],
): Trial {
  return trialOf({
    kind: 'WebSocket server',
    habit,
    isFaulty: false,
    cases: openingHandshake,
    ...(expected !== undefined && { expected }),
    probe: (cases) => probeOnce(handshakeServer(changes), cases, { concurrency: 4, timeLimit: PATIENCE }),
  });
}

function rightClient(habit: string, changes: Partial<HandshakeClientBehaviour>): Trial {
  return trialOf({
    kind: 'WebSocket client',
    habit,
    isFaulty: false,
    cases: clientHandshake,
    probe: (cases) =>
      probeClients(cases, PATIENCE, (address, path) => {
        void runHandshakeClient(address, path, { ...STANDARD, ...changes });
      }),
  });
}

/** Agents that are right or wrong in the opening handshake, and servers that break. */
export const HANDSHAKE_TRIALS: readonly Trial[] = [
  rightServer('has no extension', {}, WITHOUT_DEFLATE),
  rightServer(
    'closes a connection after its first response',
    { answersPipelined: 'closes' },
    { ...WITHOUT_DEFLATE, '14.4.4': 'UNIMPLEMENTED' },
  ),
  ...HANDSHAKE_FAULTS.map(([fault, changes, caughtBy]) =>
    trialOf({
      kind: 'WebSocket server',
      habit: fault,
      isFaulty: true,
      cases: withIds(openingHandshake, caughtBy),
      expected: each(caughtBy, 'FAILED'),
      attempts: ATTEMPTS,
      probe: (cases, patience) =>
        probeOnce(handshakeServer(changes), cases, { concurrency: 4, timeLimit: SERVER_WAIT * patience }),
    }),
  ),
  ...FRAGILE_SERVERS.map(([fault, breaks, titles]) => {
    const cases = robustness.filter(({ title }) => titles.includes(title));
    return trialOf({
      kind: 'WebSocket server',
      habit: `breaks after ${fault}`,
      isFaulty: true,
      cases,
      expected: each(
        cases.map(({ id }) => id),
        'FAILED',
      ),
      attempts: ATTEMPTS,
      probe: (selected, patience) =>
        probeOnce(fragileServer(breaks), selected, { concurrency: 1, timeLimit: FRAGILE_WAIT * patience }),
    });
  }),
  rightClient('has no extension', {}),
  trialOf({
    kind: 'WebSocket client',
    habit: 'sends the same key with each request',
    isFaulty: true,
    cases: clientHandshake.filter(({ id }) => /^16\.1\.(1|11)$/.test(id)),
    expected: { '16.1.1': 'OK', '16.1.11': 'FAILED' },
    probe: (cases) =>
      probeClients(cases, PATIENCE, (address, path) => {
        const request = { 'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAAA==' };
        void runHandshakeClient(address, path, { ...STANDARD, request });
      }),
  }),
  ...HANDSHAKE_CLIENT_FAULTS.map(([fault, changes, caughtBy]) => {
    const cases = clientHandshake.filter(({ title }) => caughtBy.includes(title));
    return trialOf({
      kind: 'WebSocket client',
      habit: fault,
      isFaulty: true,
      cases,
      expected: each(
        cases.map(({ id }) => id),
        'FAILED',
      ),
      attempts: ATTEMPTS,
      probe: (selected, patience) =>
        probeClients(selected, CLIENT_WAIT * patience, (address, path) => {
          void runHandshakeClient(address, path, { ...STANDARD, ...changes });
        }),
    });
  }),
];
