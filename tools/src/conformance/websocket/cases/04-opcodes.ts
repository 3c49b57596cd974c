import type { ConformanceCase, Step } from '../case.ts';
import type { FrameDescription } from '../frames.ts';
import { CloseCode } from '../protocol.ts';
import { about, SENTENCES } from '../sentences.ts';
import { echoOf, expectFailure, ping, text } from './dsl.ts';

const HELLO = 'Hello, world!';

function reserved(id: string, title: string, step: Step, isAfterText: boolean): ConformanceCase {
  return {
    id,
    title,
    ...about(SENTENCES.opcode),
    steps: [step],
    expect: expectFailure(CloseCode.PROTOCOL_ERROR, ...(isAfterText ? [echoOf('text', HELLO)] : [])),
  };
}

/** One case for each of five reserved opcodes, sent in five different ways. */
function group(prefix: string, opcodes: readonly number[]): ConformanceCase[] {
  const [first, second, third, fourth, fifth] = opcodes as [number, number, number, number, number];
  const between = (frame: FrameDescription): FrameDescription[] => [text(HELLO), frame, ping()];
  return [
    reserved(`${prefix}.1`, `Opcode ${first}`, { send: [{ opcode: first }] }, false),
    reserved(
      `${prefix}.2`,
      `Opcode ${second} with a payload`,
      { send: [{ opcode: second, payload: 'reserved opcode payload' }] },
      false,
    ),
    reserved(`${prefix}.3`, `Opcode ${third} between text and a ping`, { send: between({ opcode: third }) }, true),
    reserved(
      `${prefix}.4`,
      `Opcode ${fourth} with a payload between text and a ping`,
      { send: between({ opcode: fourth, payload: HELLO }) },
      true,
    ),
    reserved(
      `${prefix}.5`,
      `Opcode ${fifth} with a payload between text and a ping, in writes of one byte`,
      { send: between({ opcode: fifth, payload: HELLO }), writeSize: 1 },
      true,
    ),
  ];
}

/** 4: reserved opcodes: "If an unknown opcode is received, the receiving endpoint MUST _Fail the WebSocket Connection_" (§5.2). */
export const opcodes: readonly ConformanceCase[] = [
  ...group('4.1', [3, 4, 5, 6, 7]),
  ...group('4.2', [11, 12, 13, 14, 15]),
];
