import { byteCount, payloadText } from '../payload-text.ts';
import type { Part, Step, WriteSize } from './case.ts';
import { describePayload, SHOWN } from './describe-event.ts';
import type { FrameDescription } from './frames.ts';
import { Opcode, opcodeName, reservedBits } from './protocol.ts';

/** The steps, and the frames of a step, that a description lists. Some cases have thousands. */
const MAX_LISTED = 8;

/** What the tester does, step by step, in words. */
export function describeSteps(steps: readonly Step[]): string[] {
  return abridged(steps, (step) => describeStep(step));
}

function describeStep(step: Step): string {
  if ('compress' in step) {
    const { type, payload, frameSize } = step.compress;
    const frames = frameSize === undefined ? '' : `, in frames of ${byteCount(frameSize)}`;
    return `Sends compressed ${describePayload(type, payload)}${frames}`;
  }
  if ('send' in step) return describeSending(step);
  if ('pause' in step) return `Waits ${step.pause} ms`;
  if ('until' in step) return `Waits for message ${step.until} of the agent`;
  if ('staysOpen' in step) return `Waits ${step.staysOpen} ms. The agent must not fail the connection in this time`;
  return 'Waits for the agent to fail the connection';
}

function describeSending({ send, writeSize, part }: Extract<Step, { send: unknown }>): string {
  if (part !== undefined) return `Sends ${describePart(part)} of ${describeFrame(send[0]!)}`;
  const frames = grouped(abridged(send, describeFrame)).join(', then ');
  if (writeSize === undefined) return `Sends ${frames}${send.length > 1 ? ', in one write' : ''}`;
  return `Sends ${frames}, in ${describeWrites(writeSize)}`;
}

function describeWrites(writeSize: WriteSize): string {
  if (writeSize === 'frames') return 'one write for each frame';
  if (writeSize === 'headers') return 'one write for each byte of a header, and one for each payload';
  return `writes of ${byteCount(writeSize)}`;
}

function describePart({ start, end }: Part): string {
  if (end === undefined) return `the bytes after byte ${start} of the payload`;
  return start === 0
    ? `the header and ${byteCount(end)} of the payload`
    : `bytes ${start + 1} to ${end} of the payload`;
}

/** A frame in words, such as `a ping of 5 bytes ("Hello")`. What is usual is left out. */
function describeFrame(frame: FrameDescription): string {
  const { fin = true, rsv = 0, opcode, payload = '', form, length } = frame;
  const octets = typeof payload === 'string' ? Buffer.from(payload) : payload;
  const unusual = [
    ...(fin ? [] : ['without FIN']),
    ...(rsv === 0 ? [] : [`RSV ${reservedBits(rsv)}`]),
    ...(frame.isMaskedWrongly === true ? ['masked if the tester is the server'] : []),
    ...(form === undefined ? [] : [`with a length in ${form} bits`]),
    ...(length === undefined ? [] : [`with the length ${length}`]),
  ];
  const end = unusual.length === 0 ? '' : `, ${unusual.join(', ')}`;
  return `${opcode === Opcode.CLOSE ? describeClosePayload(octets) : describePayload(opcodeName(opcode), octets)}${end}`;
}

function describeClosePayload(payload: Uint8Array): string {
  if (payload.length < 2) return payload.length === 0 ? 'an empty Close' : describePayload('Close', payload);
  const code = (payload[0]! << 8) | payload[1]!;
  const reason = payload.subarray(2);
  if (reason.length === 0) return `Close ${code}`;
  return `Close ${code} with a reason of ${byteCount(reason.length)} (${payloadText(reason, SHOWN)})`;
}

/** The first items in words; of more, the number. */
function abridged<Item>(items: readonly Item[], describe: (item: Item) => string): string[] {
  const listed = items.slice(0, MAX_LISTED).map(describe);
  return items.length <= MAX_LISTED ? listed : [...listed, `… and ${items.length - MAX_LISTED} more`];
}

/** Counts equal descriptions in a row. */
function grouped(descriptions: readonly string[]): string[] {
  const groups: [description: string, count: number][] = [];
  for (const description of descriptions) {
    const last = groups.at(-1);
    if (last?.[0] === description) last[1]++;
    else groups.push([description, 1]);
  }
  return groups.map(([description, count]) => (count === 1 ? description : `${count} times ${description}`));
}
