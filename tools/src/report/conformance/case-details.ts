import { byteCount } from '../../conformance/payload-text.ts';
import type { ReportedCase } from '../../conformance/report.ts';
import { GROUPS, groupOf } from '../../conformance/selection.ts';
import type { SideTraffic } from '../../conformance/traffic.ts';
import type { ClosingRecord } from '../../conformance/verdict.ts';
import { opcodeName, reservedBits } from '../../conformance/websocket/protocol.ts';
import { quote } from '../../conformance/websocket/sentences.ts';
import { type FrameRecord, framePayloadText, type LogEntry } from '../../conformance/wire-log.ts';
import { printableLine } from '../../terminal/printable.ts';
import { visible } from '../escape-markup.ts';
import { count, ratioOf } from './numbers.ts';

/** What the page shows of one case of one agent: text that is safe to show, in the order in which it is shown. */
export interface CaseDetails {
  readonly title: string;
  readonly section: string;
  readonly behavior: string;
  /** Empty if there was no closing handshake to judge. */
  readonly behaviorClose: string;
  readonly text: string;
  readonly facts: readonly Fact[];
  readonly steps: readonly string[];
  readonly expectation: string;
  readonly sentence: string;
  readonly handshake: readonly ShownEntry[];
  readonly log: readonly ShownEntry[];
  readonly closing: readonly Fact[];
  readonly traffic: readonly Fact[];
}

/** A name and its value. */
export type Fact = readonly [name: string, value: string];

/** An entry of the log. One that is not a frame has only a text. */
export interface ShownEntry {
  readonly time: string;
  readonly who: LogEntry['who'];
  readonly kind?: string;
  readonly flags?: string;
  readonly length?: string;
  readonly text: string;
}

/** Makes the details of a case. */
export function detailsOf(id: string, reported: ReportedCase): CaseDetails {
  const { title, section, behavior, behaviorClose, text, steps = [], expectation = '', sentence, log } = reported;
  const isTimed = reported.suite === undefined;
  // A response of an event stream has no end that is worth a section of its own.
  const isStream = GROUPS[groupOf(id)]?.startsWith('Event stream') ?? false;
  const opening = isStream ? 0 : openingLength(log);
  const details: CaseDetails = {
    title,
    section,
    behavior,
    // What is not closed by a handshake has no verdict on it.
    behaviorClose: reported.closing === undefined ? '' : behaviorClose,
    text,
    facts: factsOf(reported),
    steps,
    expectation,
    sentence: sentence === undefined ? '' : quote(sentence),
    handshake: log.slice(0, opening).map((entry) => shownEntry(entry, isTimed)),
    log: log.slice(opening).map((entry) => shownEntry(entry, isTimed)),
    closing: reported.closing === undefined ? [] : closingFacts(reported.closing),
    traffic: trafficFacts(reported),
  };
  return JSON.parse(JSON.stringify(details), (_, value) => (typeof value === 'string' ? visible(value) : value));
}

function factsOf({ duration, started, suite }: ReportedCase): Fact[] {
  return [
    ...(suite === undefined ? [] : [['Judged by', suite] as const]),
    ['Duration', `${count(duration)} ms`],
    ...(started === undefined ? [] : [['Started', started.replace('T', ' ').replace(/\.\d+Z$/, ' UTC')] as const]),
  ];
}

/** The number of entries that belong to the opening handshake: those with HTTP in front of the first frame. */
function openingLength(log: readonly LogEntry[]): number {
  const end = log.findIndex(({ what, frame }) => frame !== undefined || !what.startsWith('"'));
  return end === -1 ? log.length : end;
}

function shownEntry({ time, who, what, frame }: LogEntry, isTimed: boolean): ShownEntry {
  const common = { time: isTimed ? `${count(time)} ms` : '', who };
  if (frame === undefined) return { ...common, text: httpText(what) };
  const { opcode, length } = frame;
  return {
    ...common,
    kind: opcodeName(opcode),
    flags: flagsOf(frame),
    length: byteCount(length),
    text: payloadOf(frame),
  };
}

function flagsOf({ fin, rsv, masked }: FrameRecord): string {
  const bits = rsv === 0 ? [] : rsv === 4 ? ['RSV1'] : [`RSV ${reservedBits(rsv)}`];
  return [fin ? 'FIN' : 'no FIN', ...bits, ...(masked ? ['masked'] : [])].join(', ');
}

function payloadOf({ opcode, payload, length }: FrameRecord): string {
  return framePayloadText(opcode, Buffer.from(payload, 'hex'), length);
}

/** A request or response as lines, if an entry quotes one, or else the entry as it is. Line ends within a line stay visible. */
function httpText(what: string): string {
  if (!what.startsWith('"')) return what;
  let text: unknown;
  try {
    text = JSON.parse(what);
  } catch {
    return what;
  }
  if (typeof text !== 'string' || !/^(?:[A-Z]+ [^\r\n]* )?HTTP\/\d/.test(text)) return what;
  const end = text.indexOf('\r\n\r\n');
  const [head, body] = end === -1 ? [text, ''] : [text.slice(0, end), text.slice(end + 4)];
  const lines = head.split('\r\n').map(printableLine);
  return [...lines, ...(body === '' ? [] : ['', JSON.stringify(body)])].join('\n').trimEnd();
}

const SIDES = { tester: 'the tester', agent: 'the agent' } as const;

function closingFacts(closing: ClosingRecord): Fact[] {
  const { firstClose, testerCode, agentCode, agentReason, tcpEndedBy, reset, timedOut } = closing;
  const end = tcpEndedBy === null ? 'nobody' : SIDES[tcpEndedBy];
  const withReset = tcpEndedBy === 'agent' ? 'the agent, with a reset' : `${end}; the agent reset it`;
  return [
    ['First Close frame', firstClose === null ? 'none' : `from ${SIDES[firstClose]}`],
    ['Code from the tester', codeText(testerCode)],
    ['Code from the agent', codeText(agentCode)],
    ...(agentReason === '' ? [] : [['Reason from the agent', agentReason] as const]),
    ['TCP ended by', reset ? withReset : end],
    ['Time limit', timedOut === '' ? 'not exceeded' : timedOut],
  ];
}

function codeText(code: number | null): string {
  if (code === null) return 'no Close frame';
  return code === 1005 ? 'none: the Close frame was empty' : String(code);
}

function trafficFacts({ traffic }: ReportedCase): Fact[] {
  if (traffic === undefined) return [];
  return [
    ['From the tester', sideText(traffic.tester)],
    ['From the agent', sideText(traffic.agent)],
  ];
}

function sideText({ frames, payloadBytes, compressed }: SideTraffic): string {
  const kinds = Object.entries(frames).map(([kind, number]) => `${count(number)} ${kind}`);
  const sent = kinds.length === 0 ? 'no frames' : `${kinds.join(', ')}; payloads of ${count(payloadBytes)} bytes`;
  if (compressed === undefined) return sent;
  const { messages, bytes, compressedBytes } = compressed;
  const what = `${count(messages)} compressed ${messages === 1 ? 'message' : 'messages'}`;
  return `${sent}; ${what}: ${count(bytes)} bytes became ${count(compressedBytes)} (${ratioOf(bytes, compressedBytes)})`;
}
