import { constants, deflateRawSync } from 'node:zlib';
import { CATALOGUE, SERVER_CATALOGUE } from '../catalogue.ts';
import { withMessages } from '../websocket/case.ts';
import type { ServerCase } from '../websocket/probe-server.ts';
import { type DeflateBehaviour, deflateAgent, deflateClient, STANDARD } from './deflate-agent.ts';
import {
  DEFLATE_CASES,
  DEFLATE_CHOICES,
  DEFLATE_CLIENT_FAULTS,
  DEFLATE_FAULTS,
  DEFLATE_FRAME_FAULTS,
} from './deflate-faults.ts';
import { openClient, probeClients, probeOnce } from './probing.ts';
import { each, type Trial, trialOf, withIds } from './trial.ts';

/** Milliseconds. Each agent answers at once. */
const PATIENCE = 60_000;
const BRIEF = 500;
/** How often an agent with the brief limit is tried, with a longer limit each time. */
const BRIEF_ATTEMPTS = 3;
/** Messages of a case. They find the same faults as many. */
const MESSAGES = 20;
const OFFER = 'permessage-deflate; client_no_context_takeover; client_max_window_bits';

function serverTrial(
  habit: string,
  isFaulty: boolean,
  changes: Partial<DeflateBehaviour>,
  ids: readonly string[],
  timeLimit: number = PATIENCE,
): Trial {
  return trialOf({
    kind: 'WebSocket server',
    habit,
    isFaulty,
    cases: withIds(SERVER_CATALOGUE, ids).map(
      (one): ServerCase => ('steps' in one ? withMessages(one, MESSAGES) : one),
    ),
    expected: isFaulty ? each(ids, 'FAILED') : {},
    attempts: timeLimit === BRIEF ? BRIEF_ATTEMPTS : 1,
    probe: (cases, patience) =>
      probeOnce(deflateAgent({ ...STANDARD, ...changes }), cases, { concurrency: 4, timeLimit: timeLimit * patience }),
  });
}

function clientTrial(
  habit: string,
  isFaulty: boolean,
  changes: Partial<DeflateBehaviour>,
  ids: readonly string[],
  timeLimit: number = PATIENCE,
): Trial {
  return trialOf({
    kind: 'WebSocket client',
    habit,
    isFaulty,
    cases: withIds(CATALOGUE, ids).map((one) => withMessages(one, MESSAGES)),
    expected: isFaulty ? each(ids, 'FAILED') : {},
    attempts: timeLimit === BRIEF ? BRIEF_ATTEMPTS : 1,
    probe: (cases, patience) =>
      probeClients(cases, timeLimit * patience, (address, path) => {
        openClient(address, path, { 'Sec-WebSocket-Extensions': OFFER }, (socket, head, extensions) => {
          deflateClient(socket, head, extensions, { ...STANDARD, ...changes });
        });
      }),
  });
}

const CHOSEN = ['12.1.2', '12.1.4', '12.4.4', '13.1.4', '13.2.4', '13.3.4', '13.7.4', '14.5.1'];

const DEFLATE_CLIENT_CASES = DEFLATE_CASES.filter((id) => !id.startsWith('14'));

/** An agent that overlooks a fault does nothing, which takes as long as the tester waits. */
function limitFor({ overlooks }: Partial<DeflateBehaviour>): number {
  return overlooks === undefined ? PATIENCE : BRIEF;
}

const FORMS = ['12.1.2', '12.2.4', '13.2.4', '13.3.4', '18.7.1', '18.7.2'];

/** RFC 7692 §7.2.3.4: blocks with BFINAL, with an empty block after them. */
function inFinalBlocks(count: number): NonNullable<DeflateBehaviour['compress']> {
  return (message, windowBits) => {
    const size = Math.ceil(message.length / count);
    const parts = Array.from({ length: count }, (_, index) => message.subarray(index * size, (index + 1) * size));
    return Buffer.concat([...parts.map((part) => deflateRawSync(part, { windowBits })), Buffer.of(0)]);
  };
}

/** RFC 7692 §7.2.3.3: blocks without compression. */
function stored(message: Buffer): Buffer {
  return deflateRawSync(message, { level: 0, finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
}

function isOdd(number: number): boolean {
  return number % 2 === 1;
}

/** Agents with permessage-deflate. */
export const DEFLATE_TRIALS: readonly Trial[] = [
  serverTrial('compresses', false, {}, DEFLATE_CASES),
  serverTrial('compresses, and fragments its echo', false, { secondFlags: 0 }, ['12.1.2', '12.1.11', '13.3.4']),
  serverTrial('compresses only every second message', false, { compresses: isOdd }, DEFLATE_CASES),
  serverTrial('accepts the extension and compresses nothing', false, { compresses: () => false }, ['12.1.2', '13.3.4']),
  serverTrial('compresses in one block with BFINAL', false, { compress: inFinalBlocks(1) }, FORMS),
  serverTrial('compresses in three blocks with BFINAL', false, { compress: inFinalBlocks(3) }, FORMS),
  serverTrial('sends blocks without compression', false, { compress: stored }, FORMS),
  ...DEFLATE_CHOICES.map(([choice, changes]) =>
    serverTrial(`chooses ${choice} for the client`, false, changes, CHOSEN),
  ),
  ...[...DEFLATE_FAULTS, ...DEFLATE_FRAME_FAULTS].map(([fault, changes, caughtBy]) =>
    serverTrial(fault, true, changes, caughtBy, limitFor(changes)),
  ),
  clientTrial('compresses', false, {}, DEFLATE_CLIENT_CASES),
  clientTrial('compresses only every second message', false, { compresses: isOdd }, DEFLATE_CLIENT_CASES),
  clientTrial('keeps no messages if the server promised so', false, { keepsReceived: false }, [
    '18.1.2',
    '18.4.2',
    '18.5.2',
  ]),
  clientTrial('keeps 512 bytes if the server promised so', false, { receivedWindow: 512 }, ['18.2.2']),
  clientTrial('keeps 256 bytes if the server promised so', false, { receivedWindow: 256 }, ['18.6.2']),
  ...[...DEFLATE_CLIENT_FAULTS, ...DEFLATE_FRAME_FAULTS].map(([fault, changes, caughtBy]) =>
    clientTrial(fault, true, changes, caughtBy, limitFor(changes)),
  ),
];
