import type { ConformanceCase, Step } from '../case.ts';
import type { FrameDescription } from '../frames.ts';
import { binary, close, echoed, fails, PROTOCOL_ERROR, ping, text } from './dsl.ts';

const HELLO = 'Hello, world!';
const TWO_THEN_PING = (rsv: number): FrameDescription[] => [text(HELLO), text(HELLO, { rsv }), ping()];

function reserved(id: string, title: string, step: Step, ...echoes: readonly string[]): ConformanceCase {
  return {
    id,
    title,
    section: 'RFC 6455 §5.2',
    steps: [step],
    expect: fails(PROTOCOL_ERROR, ...echoes.map((payload) => echoed('text', payload))),
    // What came in the same chunk may be thrown away with the connection (§7.1.7).
    ...(echoes.length === 0 ? {} : { nonStrict: [fails(PROTOCOL_ERROR)] }),
  };
}

/** 3: reserved bits without an extension that gives them a meaning: "the receiving endpoint MUST _Fail" (§5.2). */
export const reservedBits: readonly ConformanceCase[] = [
  reserved('3.1', 'RSV 1 on a text message', { send: [text(HELLO, { rsv: 1 })] }),
  reserved('3.2', 'Text, text with RSV 2, ping, in one write', { send: TWO_THEN_PING(2) }, HELLO),
  reserved(
    '3.3',
    'Text, text with RSV 3, ping, a write for each',
    { send: TWO_THEN_PING(3), writeSize: 'frames' },
    HELLO,
  ),
  reserved(
    '3.4',
    'Text, text with RSV 4, ping, in writes of one byte',
    { send: TWO_THEN_PING(4), writeSize: 1 },
    HELLO,
  ),
  reserved('3.5', 'RSV 5 on a binary message', { send: [binary(Buffer.of(0x00, 0xff, 0xfe, 0xfd), { rsv: 5 })] }),
  reserved('3.6', 'RSV 6 on a ping', { send: [ping(HELLO, { rsv: 6 })] }),
  reserved('3.7', 'RSV 7 on a Close frame', { send: [{ ...close(1000), rsv: 7 }] }),
];
