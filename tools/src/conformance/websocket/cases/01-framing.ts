import type { ConformanceCase } from '../case.ts';
import { about, SENTENCES } from '../sentences.ts';
import { binary, echoOf, expectReplies, text } from './dsl.ts';

const LENGTHS: readonly number[] = [0, 125, 126, 127, 128, 65_535, 65_536];
const WRITE_SIZE = 997;

/** 1: messages whose lengths need every form of the length field, RFC 6455 §5.2. Group 17.1 has other payloads. */
export const framing: readonly ConformanceCase[] = (['text', 'binary'] as const).flatMap((type, index) => [
  ...LENGTHS.map((length, number) => message(`1.${index + 1}.${number + 1}`, type, length)),
  message(`1.${index + 1}.8`, type, 65_536, WRITE_SIZE),
]);

function message(id: string, type: 'text' | 'binary', length: number, writeSize?: number): ConformanceCase {
  const payload = Buffer.alloc(length, type === 'text' ? '*' : 0xfe);
  const name = `A ${type} message of ${length} bytes`;
  return {
    id,
    title: writeSize === undefined ? name : `${name} in writes of ${writeSize} bytes`,
    ...about(SENTENCES.message),
    steps: [
      { send: [type === 'text' ? text(payload) : binary(payload)], ...(writeSize !== undefined && { writeSize }) },
    ],
    expect: expectReplies(echoOf(type, payload)),
  };
}
