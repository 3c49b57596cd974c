import type { ConformanceCase, Step } from '../case.ts';
import type { FrameDescription } from '../frames.ts';
import { CloseCode, Opcode } from '../protocol.ts';
import { about, SENTENCES } from '../sentences.ts';
import { binary, echoOf, expectFailure, ping, text } from './dsl.ts';

const HELLO = 'Hello, world!';
const TWO_THEN_PING = (rsv: number): FrameDescription[] => [text(HELLO), text(HELLO, { rsv }), ping()];

function reserved(id: string, title: string, step: Step, ...echoes: readonly string[]): ConformanceCase {
  return {
    id,
    title,
    ...about(SENTENCES.reservedBits),
    steps: [step],
    expect: expectFailure(CloseCode.PROTOCOL_ERROR, ...echoes.map((payload) => echoOf('text', payload))),
  };
}

/** 3: reserved bits that no extension defines: "the receiving endpoint MUST _Fail the WebSocket Connection_" (§5.2). */
export const reservedBits: readonly ConformanceCase[] = [
  reserved('3.1', 'A text message with the reserved bits 001', { send: [text(HELLO, { rsv: 1 })] }),
  reserved('3.2', 'Text, text with the reserved bits 010, and a ping in one write', { send: TWO_THEN_PING(2) }, HELLO),
  reserved(
    '3.3',
    'Text, text with the reserved bits 011, and a ping in one write each',
    { send: TWO_THEN_PING(3), writeSize: 'frames' },
    HELLO,
  ),
  reserved(
    '3.4',
    'Text, text with the reserved bits 100, and a ping in writes of one byte',
    { send: TWO_THEN_PING(4), writeSize: 1 },
    HELLO,
  ),
  reserved('3.5', 'A binary message with the reserved bits 101', {
    send: [binary(Buffer.of(0x00, 0xff, 0xfe, 0xfd, 0xfc, 0xfb, 0x00, 0xff), { rsv: 5 })],
  }),
  // Autobahn's 3.6 is meant to be a ping, too, but sends a binary frame.
  reserved('3.6', 'A ping with the reserved bits 110', { send: [ping(HELLO, { rsv: 6 })] }),
  reserved('3.7', 'A Close frame with the reserved bits 111', { send: [{ opcode: Opcode.CLOSE, rsv: 7 }] }),
];
