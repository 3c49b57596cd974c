/** What cases send: made by rule, so that every run sends the same. */

/** Text of so many bytes: letters, and every kind of code point, none of which is cut. */
export function textOf(length: number): Buffer {
  const pattern = Buffer.from('Hello-µ@ßöäüàá-UTF-8! 你好 😀 ');
  const text = Buffer.alloc(length, '*');
  for (let offset = 0; offset + pattern.length <= length; offset += pattern.length) pattern.copy(text, offset);
  return text;
}

/** Bytes of every value, in an order that does not repeat soon. */
export function bytesOf(length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  let state = 0x12345678;
  for (let index = 0; index < length; index++) {
    // Numerical Recipes' linear congruential generator.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[index] = state >>> 24;
  }
  return bytes;
}

/** What kinds of payload the cases of compression send. */
export type PayloadKind = 'JSON' | 'bitmap' | 'prose' | 'HTML' | 'PDF';

const WORDS: readonly string[] =
  'the of and a to in he was that his with it as had for at on is be by not from but or which this her were you all are'.split(
    ' ',
  );
const SIZE = 1024 * 1024;
const made = new Map<PayloadKind, Buffer>();

/** So many bytes of a kind, from another place for each number; all ASCII, where it is text. */
export function sliceOf(kind: PayloadKind, length: number, number: number): Buffer {
  const whole = made.get(kind) ?? MAKERS[kind]();
  made.set(kind, whole);
  const start = (number * length) % (whole.length - length);
  return whole.subarray(start, start + length);
}

/** Each makes a MiB. */
const MAKERS: Readonly<Record<PayloadKind, () => Buffer>> = {
  JSON: () =>
    repeatedly(
      (next) =>
        `{"id":${next()},"name":"${word(next)} ${word(next)}","tags":["${word(next)}"],"value":${next() / 8}},\n`,
    ),
  prose: () => repeatedly((next) => `${Array.from({ length: 4 + (next() % 9) }, () => word(next)).join(' ')}. `),
  HTML: () =>
    repeatedly((next) => `<li class="item"><a href="/${word(next)}/${next()}">${word(next)} ${word(next)}</a></li>\n`),
  // Most of a bitmap is like what is beside it.
  bitmap: () =>
    Buffer.from(Array.from({ length: SIZE }, (_, index) => ((index % 3) * 80 + ((index >> 9) & 63)) & 0xff)),
  // A PDF is some text, and streams that are compressed already.
  PDF: () => {
    const noise = bytesOf(SIZE);
    const text = Buffer.from('1 0 obj\n<< /Type /Page /Parent 2 0 R /Contents 3 0 R >>\nendobj\nstream\n');
    for (let offset = 0; offset + text.length < SIZE; offset += 512) text.copy(noise, offset);
    return noise;
  },
};

/** Pieces of text, one behind the other, to a MiB. */
function repeatedly(piece: (next: () => number) => string): Buffer {
  let state = 1;
  const next = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 12;
  };
  let text = '';
  while (text.length < SIZE) text += piece(next);
  return Buffer.from(text.slice(0, SIZE));
}

function word(next: () => number): string {
  return WORDS[next() % WORDS.length]!;
}
