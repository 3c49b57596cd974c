// Parses an event stream in chunks, repeatedly, and reports the number of bytes.
import { createParser } from 'eventsource-parser';
import { EventParser } from '../../../dist/index.js';
import { serveTurns } from './turns.js';

const { who, input, chunk } = JSON.parse(process.argv[2]);
const SIZE = 4 * 1024 * 1024;

const INPUTS = {
  // As the APIs of language models send them: one JSON object per word.
  'token-like events': (number) =>
    `data: {"id":"completion-7f3a9c51e2","object":"completion.chunk","created":1790000000,"model":"some-model",` +
    `"choices":[{"index":0,"delta":{"content":" word${number % 997}"},"finish_reason":null}]}\n\n`,
  'short events': (number) =>
    `id: ${number}\nevent: delta\ndata: {"token":" word${number % 997}","index":${number}}\n\n`,
  'multi-line events': (number) =>
    `${Array.from({ length: 8 }, (_, line) => `data: line ${line} of ${number}\n`).join('')}\n`,
  '64 KiB lines': (number) => `data: ${String(number).padEnd(64 * 1024, 'x')}\n\n`,
  'not ASCII': (number) => `data: {"token":"größe 你好 ${number % 997}","index":${number}}\n\n`,
  'CR alone': (number) => `id: ${number}\rdata: {"token":" word${number % 997}"}\r\r`,
  'junk lines': (number) => `junk ${number % 10} of something\n`,
  'one endless line': (number) => `${number % 10}`.repeat(1000),
};
const parts = [];
for (let [number, length] = [0, 0]; length < SIZE; number++) {
  const part = Buffer.from(INPUTS[input](number));
  parts.push(part);
  length += part.length;
}
const stream = Buffer.concat(parts).subarray(0, SIZE);
const chunks = Array.from({ length: Math.ceil(SIZE / chunk) }, (_, index) =>
  stream.subarray(index * chunk, (index + 1) * chunk),
);
let events = 0;

function pushwire() {
  const parser = new EventParser({ onEvent: () => events++ }, { maxEventSize: Number.POSITIVE_INFINITY });
  for (const one of chunks) parser.push(one);
}

function peer() {
  const parser = createParser({ onEvent: () => events++ });
  const decoder = new TextDecoder();
  for (const one of chunks) parser.feed(decoder.decode(one, { stream: true }));
}

const run = who === 'pushwire' ? pushwire : peer;
serveTurns(() => {
  run();
  return SIZE;
});
