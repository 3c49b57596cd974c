import { describe, expect, it } from 'vitest';
import { CATALOGUE } from '../../src/conformance/catalogue.ts';
import { groupOf } from '../../src/conformance/selection.ts';
import { type ConformanceCase, type Step, withMessages } from '../../src/conformance/websocket/case.ts';
import { type FrameDescription, frame, parseFrame } from '../../src/conformance/websocket/frames.ts';
import { offersOf } from '../../src/conformance/websocket/test-deflate.ts';
import { AUTOBAHN_FRAMES, AUTOBAHN_SHAPES } from './autobahn-table.ts';

const NAMES: Readonly<Record<number, string>> = {
  0: 'continuation',
  1: 'text',
  2: 'binary',
  8: 'close',
  9: 'ping',
  10: 'pong',
};

/** A payload as the table has it. */
function payloadOf(payload: Buffer): string {
  const [first = 0] = payload;
  if (payload.length > 64 && Buffer.alloc(payload.length, first).equals(payload)) {
    return `${first.toString(16)}*${payload.length}`;
  }
  const period = payload.subarray(0, 10);
  if (payload.length > 1000 && Buffer.alloc(payload.length, period).equals(payload)) {
    return `${JSON.stringify(period.toString())}*${payload.length}`;
  }
  const isText = payload.every((octet) => octet >= 0x20 && octet < 0x7f);
  return isText ? JSON.stringify(payload.toString()) : payload.toString('hex');
}

/** A frame as the table has it, read from its octets. */
function frameOf(description: FrameDescription): string {
  const parsed = parseFrame(frame({ ...description, mask: false }));
  expect(parsed?.rest).toHaveLength(0);
  const { fin, rsv, opcode, payload } = parsed!.frame;
  const bits = rsv === 0 ? '' : `/${rsv.toString(2).padStart(3, '0')}`;
  return `${NAMES[opcode] ?? opcode}${fin ? '' : '+'}${bits} ${payloadOf(payload)}`;
}

function stepOf(step: Step): string {
  if ('pause' in step) return `pause ${step.pause}`;
  if ('until' in step) return `until ${step.until}`;
  if ('staysOpen' in step) return `open ${step.staysOpen}`;
  if ('failsNow' in step) return 'fails';
  if ('compress' in step) return 'compress';
  const { send, writeSize, part } = step;
  if (part !== undefined) return `${part.start}-${part.end ?? ''} of ${send.map(frameOf).join('; ')}`;
  return `${writeSize === undefined ? '' : `${writeSize}: `}${send.map(frameOf).join('; ')}`;
}

function outcomeOf({ steps, expect: { events, ending }, informational }: ConformanceCase): string {
  if (informational) return 'informational';
  const pongs = events.filter(({ type }) => type === 'pong').length;
  const parts = [
    ...(pongs === 0 ? [] : [pongs === 1 ? 'pong' : `pong*${pongs}`]),
    ...(events.length === pongs ? [] : ['echo']),
    ...(steps.some((step) => 'staysOpen' in step) ? ['open'] : []),
  ];
  if (ending === 'clean') return parts.join(', ') || 'nothing';
  const [word, codes] = 'failed' in ending ? ['failure', ending.failed] : ['close', ending.closed];
  return [...parts, `${word} ${[...new Set(codes)].join('/')}`].join(', ');
}

/** A case with many messages has this many here: a thousand of each would take seconds. */
const FEW = 3;

/** The messages of a case as the table of shapes has them. */
function shapeOf(test: ConformanceCase): string {
  const all = test.withMessages?.(() => FEW) ?? test;
  const [first, ...others] = all.steps.filter((step) => 'send' in step || 'compress' in step).map(shapeOfStep);
  expect(others.every((other) => other === first)).toBe(true);
  if (test.withMessages === undefined) return first!;
  const waits = all.steps.filter((step) => 'until' in step).length;
  expect([waits, others.length + 1]).toEqual([FEW, FEW]);
  const offers = test.deflate === undefined ? '' : `; ${offersOf(test.deflate)}`;
  return `1000 times ${first}, each after the echo${offers}`;
}

function shapeOfStep(step: Step): string {
  if ('compress' in step) {
    const { type, payload, frameSize } = step.compress;
    return `compressed ${type} ${payload.length}${frameSize === undefined ? '' : ` in frames of ${frameSize}`}`;
  }
  const { send, writeSize } = step as Extract<Step, { send: unknown }>;
  const lengths = send.map(({ payload = '' }) => payload.length);
  const length = lengths.reduce((sum, one) => sum + one, 0);
  const frames = send.length === 1 ? '' : ` in frames of ${lengths[0]}`;
  const wrong = send.findIndex(
    ({ opcode, fin = true }, index) => (index > 0 && opcode !== 0) || fin !== (index === send.length - 1),
  );
  expect(wrong).toBe(-1);
  expect(lengths.slice(0, -1).every((one) => one === lengths[0])).toBe(true);
  return `${NAMES[send[0]!.opcode]} ${length}${frames}${writeSize === undefined ? '' : ` in writes of ${writeSize}`}`;
}

const byGroups = (groups: readonly number[]) => CATALOGUE.filter(({ id }) => groups.includes(Number(groupOf(id))));

describe('the cases of groups 1 to 13', () => {
  it('are those of the Autobahn suite: no more and no less', () => {
    const ids = CATALOGUE.filter(({ id }) => Number(groupOf(id)) <= 13).map(({ id }) => id);
    expect([...ids].sort()).toEqual([...Object.keys(AUTOBAHN_FRAMES), ...Object.keys(AUTOBAHN_SHAPES)].sort());
    expect(ids).toHaveLength(517);
  });

  it.each(byGroups([1, 2, 3, 4, 5, 6, 7]).map((test) => [test.id, test] as const))(
    '%s sends the octets of the Autobahn suite, and expects the same',
    (id, test) => {
      expect([test.steps.map(stepOf).join(' | '), outcomeOf(test)]).toEqual(AUTOBAHN_FRAMES[id]);
    },
  );

  it('send messages of the same types and lengths, in the same frames and writes, with the same offers', () => {
    const found = byGroups([9, 10, 12, 13]).map((test) => [test.id, shapeOf(test)]);
    expect(Object.fromEntries(found)).toEqual(AUTOBAHN_SHAPES);
  }, 60_000);

  it('have valid text outside ASCII in JSON', () => {
    const test = CATALOGUE.find(({ id }) => id === '12.1.3')!;
    const { events } = test.expect;
    const decoder = new TextDecoder('utf-8', { fatal: true });
    const texts = events.map(({ payload }) => decoder.decode(payload));
    expect(texts.filter((text) => /[^\p{ASCII}]/u.test(text)).length).toBeGreaterThan(events.length / 2);
  });

  it('send 1,000 messages only if they are asked for', () => {
    const many = CATALOGUE.filter(({ withMessages }) => withMessages !== undefined);
    for (const test of many) {
      const count = test.steps.filter((step) => 'until' in step).length;
      expect(count).toBeGreaterThanOrEqual(10);
      expect(count).toBeLessThanOrEqual(100);
    }
    expect(many.length).toBeGreaterThan(200);
    const thorough = withMessages(many.find(({ id }) => id === '12.1.1')!, 1000);
    expect(thorough.steps.filter((step) => 'compress' in step)).toHaveLength(1000);
    expect(thorough.expect.events).toHaveLength(1000);
  }, 60_000);
});
