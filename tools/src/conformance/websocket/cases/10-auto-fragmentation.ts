import type { ConformanceCase } from '../case.ts';
import { splitIntoFrames } from '../frames.ts';
import { Opcode } from '../protocol.ts';
import { about, SENTENCES } from '../sentences.ts';
import { echoOf, expectReplies } from './dsl.ts';

const PAYLOAD = Buffer.alloc(65_536, '*');

/** 10: a message that the sender fragments automatically. */
export const autoFragmentation: readonly ConformanceCase[] = [
  {
    id: '10.1.1',
    title: 'Text of 65,536 bytes in fragments of 1,300 bytes',
    ...about(SENTENCES.fragments),
    steps: [{ send: splitIntoFrames(Opcode.TEXT, PAYLOAD, 1300) }],
    expect: expectReplies(echoOf('text', PAYLOAD)),
  },
];
