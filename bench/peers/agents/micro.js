// Repeats one operation, and reports the number of bytes or frames.
import { isUtf8 } from 'node:buffer';
import { createRequire } from 'node:module';
import * as wire from '../../../dist/wire.js';
import Receiver from '../../peers/node_modules/ws/lib/receiver.js';
import Sender from '../../peers/node_modules/ws/lib/sender.js';
import { serveTurns } from './turns.js';

const require = createRequire(import.meta.url);
const { what, who, size } = JSON.parse(process.argv[2]);
const MASK = Buffer.from([1, 2, 3, 4]);
const BATCH = 100;

function maskedFrames(count) {
  const header = size < 126 ? [0x82, 0x80 | size] : size < 65_536 ? [0x82, 0xfe, size >> 8, size & 255] : null;
  const frame = Buffer.concat([Buffer.from(header), MASK, Buffer.alloc(size, 'x')]);
  return Buffer.concat(Array(count).fill(frame));
}

/** UTF-8 text that does not end inside a character. */
function texts() {
  const text = Buffer.from('grüße, 你好 '.repeat(Math.ceil(size / 16))).subarray(0, size);
  return text.fill('x', size - 16);
}

const OPERATIONS = {
  mask: {
    pushwire: () => {
      const bytes = Buffer.alloc(size, 'x');
      return () => wire.mask(bytes, 0, size, wire.readMaskingKey(MASK, 0));
    },
    bufferutil: () => {
      const bytes = Buffer.alloc(size, 'x');
      const { unmask } = require('bufferutil');
      return () => unmask(bytes, MASK);
    },
    'a plain loop': () => {
      const bytes = Buffer.alloc(size, 'x');
      return () => {
        for (let index = 0; index < size; index++) bytes[index] ^= MASK[index & 3];
      };
    },
  },
  utf8: {
    pushwire: () => {
      const bytes = texts();
      const validator = new wire.Utf8Validator();
      return () => validator.accept(bytes, 0, size);
    },
    'Buffer.isUtf8': () => {
      const bytes = texts();
      return () => isUtf8(bytes);
    },
  },
  decode: {
    pushwire: () => {
      const frames = maskedFrames(BATCH);
      let count = 0;
      const nothing = () => {};
      const ignored = {
        onPing: nothing,
        onPong: nothing,
        onCloseFrame: nothing,
        onFail: nothing,
        onInflate: nothing,
        onEnd: nothing,
      };
      const sink = { ...ignored, onMessage: () => void count++, onBytes: () => true };
      const limits = { maxPayload: 1 << 24, maxFragments: 1000, maxBufferedChunks: 1000 };
      const options = { ...limits, skipUTF8Validation: false, autoPong: true };
      const connection = new wire.Connection({ endpoint: { role: 'server' }, sink, options });
      return () => connection.receive(Buffer.from(frames));
    },
    ws: () => {
      const frames = maskedFrames(BATCH);
      const receiver = new Receiver({ isServer: true, allowSynchronousEvents: true });
      receiver.on('message', () => {});
      return () => receiver._write(Buffer.from(frames), 'buffer', () => {});
    },
  },
  encode: {
    pushwire: () => {
      const payload = Buffer.alloc(size, 'x');
      const encoder = new wire.FrameEncoder({ onBytes: () => true }, { role: 'server' });
      return () => {
        for (let index = 0; index < BATCH; index++) encoder.encode(true, 2, payload);
        encoder.flush();
      };
    },
    ws: () => {
      const payload = Buffer.alloc(size, 'x');
      return () => {
        for (let index = 0; index < BATCH; index++)
          Sender.frame(payload, { fin: true, opcode: 2, mask: false, readOnly: false, rsv1: false });
      };
    },
  },
};
const operate = OPERATIONS[what][who]();
const factor = what === 'decode' || what === 'encode' ? BATCH : size;
serveTurns(() => {
  for (let index = 0; index < 100; index++) operate();
  return 100 * factor;
});
