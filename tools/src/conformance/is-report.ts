import { isObject } from './is-object.ts';
import { type Report, VERDICTS } from './report.ts';

/** Whether a value has the form of a report. Reports of earlier versions have less in each case. */
export function isReport(value: unknown): value is Report {
  return isRecordOf(value, (cases) => isRecordOf(cases, isCase));
}

type Check = (value: unknown) => boolean;

function isCase(value: unknown): boolean {
  return hasFields(value, {
    behavior: isVerdict,
    behaviorClose: isVerdict,
    duration: isNumber,
    remoteCloseCode: (code) => code === null || isNumber(code),
    title: isText,
    section: isText,
    text: isText,
    log: listOf(isEntry),
    steps: optional(listOf(isText)),
    expectation: optional(isText),
    started: optional(isText),
    suite: optional(isText),
    sentence: optional((sentence) => hasFields(sentence, { section: isText, words: isText })),
    closing: optional((closing) => hasFields(closing, { agentReason: isText, timedOut: isText })),
    traffic: optional((traffic) => hasFields(traffic, { tester: isTraffic, agent: isTraffic })),
  });
}

function isEntry(value: unknown): boolean {
  return hasFields(value, {
    time: isNumber,
    who: (who) => who === 'tester' || who === 'agent',
    what: isText,
    frame: optional((frame) =>
      hasFields(frame, { rsv: isNumber, opcode: isNumber, length: isNumber, payload: isText }),
    ),
  });
}

function isTraffic(value: unknown): boolean {
  const isCompressed: Check = (one) =>
    hasFields(one, { messages: isNumber, bytes: isNumber, compressedBytes: isNumber });
  return hasFields(value, {
    frames: (frames) => isRecordOf(frames, isNumber),
    payloadBytes: isNumber,
    compressed: optional(isCompressed),
  });
}

const isText: Check = (value) => typeof value === 'string';
const isNumber: Check = (value) => typeof value === 'number';
const isVerdict: Check = (value) => (VERDICTS as readonly unknown[]).includes(value);

function optional(check: Check): Check {
  return (value) => value === undefined || check(value);
}

function listOf(check: Check): Check {
  return (value) => Array.isArray(value) && value.every(check);
}

function isRecordOf(value: unknown, check: Check): boolean {
  return isObject(value) && Object.values(value).every(check);
}

function hasFields(value: unknown, checks: Readonly<Record<string, Check>>): boolean {
  return isObject(value) && Object.entries(checks).every(([name, check]) => check(value[name]));
}
