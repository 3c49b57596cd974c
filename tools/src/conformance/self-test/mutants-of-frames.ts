import { frame, KEY } from '../websocket/frames.ts';
import { Opcode } from '../websocket/protocol.ts';
import { type Behaviour, STANDARD } from './echo-behaviour.ts';
import type { Mutant } from './mutants.ts';

/** Faults that show only in some frames: a later one, one with another header, or one in the same chunk as others. */
export const FRAME_MUTANTS: readonly Mutant[] = [
  {
    fault: 'checks the mask of its first frame only',
    changes: { checksMask: 'first frame' },
    caughtBy: ['17.3.9'],
  },
  { fault: 'accepts pongs of 126 bytes', changes: { maxPong: 126 }, caughtBy: ['17.3.10'] },
  {
    fault: 'ignores the reserved bits of pongs',
    changes: { uncheckedOpcode: Opcode.PONG },
    caughtBy: ['17.3.11', '17.3.12'],
  },
  {
    fault: 'ignores the reserved bits of continuation frames',
    changes: { uncheckedOpcode: Opcode.CONTINUATION },
    caughtBy: ['17.3.6', '17.3.7', '17.3.8'],
  },
  {
    fault: 'accepts a Close frame without FIN',
    changes: { takesCloseFragments: true },
    caughtBy: ['17.4.8'],
    isClosing: true,
  },
  {
    fault: 'ignores the most significant bit of a length',
    changes: { lengthOf: (length) => Number(length & (2n ** 63n - 1n)) },
    caughtBy: ['17.5.7'],
  },
  {
    fault: 'reads only 32 bits of a length',
    changes: { lengthOf: (length) => Number(length & 0xffff_ffffn) },
    caughtBy: ['17.5.7', '17.5.8'],
  },
  {
    fault: 'forgets an incomplete code point at a ping',
    changes: { pingBreaksText: true },
    caughtBy: ['17.2.21'],
  },
  {
    fault: 'reads only the first message of a chunk',
    changes: { takesOneMessagePerChunk: true },
    caughtBy: ['17.5.1', '17.5.2'],
  },
  {
    fault: 'sends an incomplete frame after its Close frame',
    changes: { encode: (...frame) => withRest(...frame) },
    caughtBy: ['1.1.1', '7.1.1'],
  },
  {
    fault: 'fails the connection if the length or the masking key arrives in parts',
    changes: { shortestPart: 3 },
    caughtBy: ['17.5.4', '17.5.5'],
  },
];

/** Sends an octet more with each Close frame. */
const withRest: Behaviour['encode'] = (opcode, ...rest) => {
  const bytes = STANDARD.encode(opcode, ...rest);
  return opcode === Opcode.CLOSE ? Buffer.concat([bytes, Buffer.of(0x81)]) : bytes;
};

/** Faults of a server with masking keys. */
export const KEY_MUTANTS: readonly Mutant[] = [
  {
    fault: 'ignores the masking key, and uses that of the standard',
    changes: { keyFor: () => Buffer.from(KEY) },
    caughtBy: ['17.6.1', '17.6.2', '17.6.3', '17.6.4', '17.6.5'],
  },
  {
    fault: 'reads the first octet of a masking key as a signed number',
    changes: { keyFor: (key) => Buffer.of(key[0]! & 0x7f, key[1]!, key[2]!, key[3]!) },
    caughtBy: ['17.6.2', '17.6.3', '17.6.4'],
  },
];

const maskedWith = (key: () => readonly number[]): Partial<Behaviour> => ({
  encode: (opcode, payload) => frame({ opcode, payload, mask: key() }),
});
/** Returns 1, 2, 3 and so on. */
function counting(): () => number {
  let count = 0;
  return () => ++count & 0xff;
}
const [forwards, backwards] = [counting(), counting()];

/** Faults of a client with its own masking keys. */
export const OWN_KEY_MUTANTS: readonly Mutant[] = [
  { fault: 'masks with zeros', changes: maskedWith(() => [0, 0, 0, 0]), caughtBy: ['17.7.1'] },
  { fault: 'masks with one key', changes: maskedWith(() => KEY), caughtBy: ['17.7.1'] },
  { fault: 'masks with a counter', changes: maskedWith(() => [0, 0, 0, forwards()]), caughtBy: ['17.7.1'] },
  {
    fault: 'masks with a counter in the order of a PC',
    changes: maskedWith(() => [backwards(), 0, 0, 0]),
    caughtBy: ['17.7.1'],
  },
];
