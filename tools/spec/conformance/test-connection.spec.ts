import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { frame } from '../../src/conformance/websocket/frames.ts';
import { TestConnection } from '../../src/conformance/websocket/test-connection.ts';
import { WireLog } from '../../src/conformance/wire-log.ts';

const MIB = 1024 * 1024;

/** The header of a frame of this length, without its payload. */
function headerOf(length: number): Buffer {
  return frame({ opcode: 2, form: 64, length }).subarray(0, 14);
}

const SMALL = frame({ opcode: 1, payload: 'x' });

const FRAGMENT = { opcode: 0, fin: false };
const START = frame({ opcode: 2, fin: false });

/** Input that makes a tester hold more and more memory. */
const FLOODS: readonly (readonly [title: string, violation: RegExp, chunks: readonly Buffer[]])[] = [
  ['a frame', /^a frame of at least 1099511627790 bytes; expected at most 67108864$/, [headerOf(2 ** 40)]],
  [
    'a message in fragments',
    /^a message that takes at least \d+ bytes; expected at most 67108864$/,
    [START, ...Array(70).fill(frame({ ...FRAGMENT, payload: Buffer.alloc(MIB) }))],
  ],
  [
    'a message in fragments of 1 byte',
    /^a message that takes at least \d+ bytes; expected at most 67108864$/,
    // The fragments of 1 byte have less than 1 MiB in all.
    [
      START,
      ...Array(60).fill(frame({ ...FRAGMENT, payload: Buffer.alloc(MIB) })),
      ...Array(20).fill(Buffer.concat(Array(4096).fill(frame({ ...FRAGMENT, payload: 'x' })))),
    ],
  ],
  [
    'many messages',
    /^10001 unexpected messages with 10001 bytes; expected at most 10000 with 67108864$/,
    Array(12).fill(Buffer.concat(Array(1000).fill(SMALL))),
  ],
  [
    'large messages',
    /^65 unexpected messages with 68157440 bytes; expected at most 10000 with 67108864$/,
    Array(70).fill(frame({ opcode: 2, payload: Buffer.alloc(MIB) })),
  ],
];

describe("the tester's connection", () => {
  it.each(FLOODS)('stops reading an agent that sends too much: %s', (_, violation, chunks) => {
    const transport = new PassThrough();
    const { agent } = new TestConnection(transport, Buffer.alloc(0), false, new WireLog());
    for (const chunk of chunks) transport.emit('data', chunk);
    expect(agent.violation).toMatch(violation);
    const { length } = agent.messages;
    transport.emit('data', SMALL);
    expect(agent.messages).toHaveLength(length);
  });
});
