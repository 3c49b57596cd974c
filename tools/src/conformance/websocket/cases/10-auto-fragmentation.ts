import type { ConformanceCase } from '../case.ts';
import { splitIntoFrames } from '../frames.ts';
import { textOf } from '../payloads.ts';
import { Opcode } from '../protocol.ts';
import { echoOf, expectReplies } from './dsl.ts';

const PAYLOAD = textOf(65_536);

/** 10: a message that the sender fragments automatically. */
export const autoFragmentation: readonly ConformanceCase[] = [
  {
    id: '10.1.1',
    title: 'Text of 65,536 bytes in fragments of 1,300 bytes',
    section: 'RFC 6455 §5.4',
    steps: [{ send: splitIntoFrames(Opcode.TEXT, PAYLOAD, 1300) }],
    expect: expectReplies(echoOf('text', PAYLOAD)),
  },
];
