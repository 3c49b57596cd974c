import type { ConformanceCase } from '../case.ts';
import { bytesOf, textOf } from '../payloads.ts';
import { answers, binary, echoed, text } from './building.ts';

const LENGTHS: readonly number[] = [0, 125, 126, 127, 128, 65_535, 65_536];
const CHOPS = 997;

/** 1: messages of every form of the length field, RFC 6455 §5.2. */
export const framing: readonly ConformanceCase[] = [
  ...LENGTHS.map((length, index) => ofText(`1.1.${index + 1}`, length)),
  ofText('1.1.8', 65_536, CHOPS),
  ...LENGTHS.map((length, index) => ofBytes(`1.2.${index + 1}`, length)),
  ofBytes('1.2.8', 65_536, CHOPS),
];

function ofText(id: string, length: number, chops?: number): ConformanceCase {
  const payload = textOf(length);
  return {
    id,
    title: `Text of ${length} bytes${inChops(chops)}`,
    section: 'RFC 6455 §5.2',
    steps: [{ send: [text(payload)], ...(chops === undefined ? {} : { chops }) }],
    expect: answers(echoed('text', payload)),
  };
}

function ofBytes(id: string, length: number, chops?: number): ConformanceCase {
  const payload = bytesOf(length);
  return {
    id,
    title: `Binary of ${length} bytes${inChops(chops)}`,
    section: 'RFC 6455 §5.2',
    steps: [{ send: [binary(payload)], ...(chops === undefined ? {} : { chops }) }],
    expect: answers(echoed('binary', payload)),
  };
}

function inChops(chops: number | undefined): string {
  return chops === undefined ? '' : `, in writes of ${chops}`;
}
