import type { ConformanceCase } from '../case.ts';
import { textOf } from '../payloads.ts';
import { Opcode } from '../protocol.ts';
import { answers, echoed, fragments } from './dsl.ts';

const PAYLOAD = textOf(65_536);

/** 10: a message that the sender's library cuts by itself. */
export const autoFragmentation: readonly ConformanceCase[] = [
  {
    id: '10.1.1',
    title: 'Text of 65,536 bytes in fragments of 1,300',
    section: 'RFC 6455 §5.4',
    steps: [{ send: fragments(Opcode.TEXT, PAYLOAD, 1300) }],
    expect: answers(echoed('text', PAYLOAD)),
  },
];
