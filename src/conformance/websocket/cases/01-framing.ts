import type { ConformanceCase } from '../case.ts';
import { bytesOf, textOf } from '../payloads.ts';
import { answers, binary, echoed, text } from './building.ts';

const LENGTHS: readonly number[] = [0, 125, 126, 127, 128, 65_535, 65_536];
const CHOPS = 997;

/** 1: messages of every form of the length field, RFC 6455 §5.2. */
export const framing: readonly ConformanceCase[] = (['text', 'binary'] as const).flatMap((type, index) => [
  ...LENGTHS.map((length, number) => message(`1.${index + 1}.${number + 1}`, type, length)),
  message(`1.${index + 1}.8`, type, 65_536, CHOPS),
]);

function message(id: string, type: 'text' | 'binary', length: number, chops?: number): ConformanceCase {
  const payload = type === 'text' ? textOf(length) : bytesOf(length);
  const words = `${type === 'text' ? 'Text' : 'Binary'} of ${length} bytes`;
  return {
    id,
    title: chops === undefined ? words : `${words}, in writes of ${chops}`,
    section: 'RFC 6455 §5.2',
    steps: [{ send: [type === 'text' ? text(payload) : binary(payload)], ...(chops !== undefined && { chops }) }],
    expect: answers(echoed(type, payload)),
  };
}
