import { byteCount, payloadText } from './payload-text.ts';
import { sentenceOfSection } from './section-sentences.ts';
import type { StreamClientCase } from './sse/client-case.ts';
import { describeClientCase, describeServerCase } from './sse/describe-stream-case.ts';
import type { StreamServerCase } from './sse/server-case.ts';
import type { ConformanceCase } from './websocket/case.ts';
import type { ClientHandshakeCase } from './websocket/client-handshake-case.ts';
import { describeExpectation } from './websocket/describe-event.ts';
import { describeSteps } from './websocket/describe-steps.ts';
import { describeResponse, type HandshakeCase } from './websocket/handshake-case.ts';
import type { Attack, RobustnessCase } from './websocket/robustness-case.ts';
import type { Sentence } from './websocket/sentences.ts';

/** What a report says of a case beside its title. */
export interface CaseDescription {
  /** What the tester does, step by step. */
  readonly steps?: readonly string[];
  readonly expectation?: string;
  /** The sentence of the standard that the case tests. */
  readonly sentence?: Sentence;
}

/** A case of any kind, or what a report needs of one. */
type AnyCase =
  | ConformanceCase
  | HandshakeCase
  | ClientHandshakeCase
  | RobustnessCase
  | StreamClientCase
  | StreamServerCase
  | { readonly section: string };

/** What a case does, expects and is about, in words. */
export function describeCase(test: AnyCase): CaseDescription {
  const own = ('sentence' in test ? test.sentence : undefined) ?? sentenceOfSection(test.section);
  const sentence = own === undefined ? {} : { sentence: own };
  if ('steps' in test) {
    return { steps: describeSteps(test.steps), expectation: describeExpectation(test.expect), ...sentence };
  }
  if ('responses' in test) return { ...describeClientCase(test), ...sentence };
  if ('judge' in test) return { steps: describeServerCase(test), ...sentence };
  if ('attack' in test) return { steps: [describeAttack(test.attack)], expectation: UNDER_ATTACK, ...sentence };
  if ('response' in test) return { ...describeClientHandshake(test), ...sentence };
  if ('request' in test && 'expect' in test && typeof test.request === 'string') {
    return { ...describeServerHandshake(test), ...sentence };
  }
  return sentence;
}

const UNDER_ATTACK =
  'an echo for a client that connected before the attack, and for one that connects during it, then answers to their Close frames';

function describeAttack({ connections, opens, deflate, send, cutAfter }: Attack): string {
  const length = send().reduce((sum, part) => sum + part.length, 0);
  const handshake = opens
    ? ` complete the opening handshake${deflate === true ? ' with permessage-deflate' : ''},`
    : '';
  const end = cutAfter === undefined ? 'never read' : `never read, and reset their connections after ${cutAfter} ms`;
  return `${connections} attackers${handshake} send ${byteCount(length)} each, ${end}`;
}

function describeClientHandshake({ accepts, writeSize, messageWithResponse }: ClientHandshakeCase): CaseDescription {
  const writes = writeSize === undefined ? '' : `, in writes of ${byteCount(writeSize)}`;
  const message = `text of 5 bytes (${payloadText(Buffer.from('Hello'))})`;
  const isBehind = messageWithResponse === true || !accepts;
  const response = `Responds to the opening handshake${isBehind ? `, with ${message} directly after the response` : ''}${writes}`;
  return {
    steps: isBehind ? [response] : [response, `Sends ${message}`],
    expectation: accepts
      ? `an echo of ${message}, then an answer to the Close frame`
      : 'the end of TCP without an echo and without a Close frame: the response is invalid',
  };
}

function describeServerHandshake({
  before,
  writeSize,
  expect,
  nonStrict,
  unimplemented,
}: HandshakeCase): CaseDescription {
  const requests = before === undefined ? 'Sends a request' : 'Sends two requests, and checks the second response';
  const writes =
    writeSize === undefined ? '' : `, in writes of ${byteCount(writeSize[0])} with ${writeSize[1]} ms in between`;
  const others = [
    ...(nonStrict === undefined ? [] : [`NON-STRICT: ${describeResponse(nonStrict)}`]),
    ...(unimplemented === undefined ? [] : [`UNIMPLEMENTED: ${describeResponse(unimplemented)}`]),
  ];
  return { steps: [`${requests}${writes}`], expectation: [describeResponse(expect), ...others].join('; ') };
}
