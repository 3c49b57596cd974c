/** The parts of a comment: text, parameters, errors, and the default of an option. */

export interface Comment {
  /** The text in front of the first tag. */
  readonly text: string;
  readonly parameters: readonly { readonly name: string; readonly text: string }[];
  readonly typeParameters: readonly { readonly name: string; readonly text: string }[];
  readonly returns: string | undefined;
  readonly errors: readonly string[];
}

const TAG = /^@(\w+)\s+/;

export function parseComment(comment: string): Comment {
  const parts = comment.split(/^(?=@\w+)/m);
  const text = TAG.test(parts[0]!) ? '' : parts.shift()!;
  const named = (tag: string): { name: string; text: string }[] =>
    parts
      .filter((part) => TAG.exec(part)?.[1] === tag)
      .map((part) => {
        const [, name = '', rest = ''] = /^(\S+)\s*([\s\S]*)$/.exec(part.replace(TAG, '')) ?? [];
        return { name, text: joinLines(rest) };
      });
  const plain = (tag: string): string[] =>
    parts.filter((part) => TAG.exec(part)?.[1] === tag).map((part) => joinLines(part.replace(TAG, '')));
  return {
    text: text
      .trim()
      .split(/\n\s*\n/)
      .map(joinLines)
      .join('\n\n'),
    parameters: named('param'),
    typeParameters: named('typeParam'),
    returns: plain('returns')[0],
    errors: plain('throws'),
  };
}

function joinLines(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, ' ').trim();
}

/** The first sentence of a text. A period within a word, a number or an abbreviation does not end it. */
export function firstSentence(text: string): string {
  const [paragraph = ''] = text.split('\n\n');
  return /^.*?[.:](?=\s+[A-Z`']|$)/.exec(paragraph)?.[0].replace(/:$/, '.') ?? paragraph;
}

/** `Default: 16 MiB.` and the text without it. */
export function splitDefault(text: string): { text: string; default: string | undefined } {
  const match = /\s*\bDefault: (.*?)(?:\.(?=\s|$)|$)/s.exec(text);
  if (match === null) return { text, default: undefined };
  return { text: (text.slice(0, match.index) + text.slice(match.index + match[0].length)).trim(), default: match[1] };
}

const UNITS: readonly (readonly [RegExp, string])[] = [
  [/^(?:the |in whole )?milliseconds\b|\bin (?:whole )?milliseconds\b/i, 'ms'],
  [/\bbytes\b/i, 'bytes'],
];

/** The unit of an option that is a number. */
export function unitOf(type: string, text: string): string {
  if (!/\bnumber\b/.test(type)) return '';
  return UNITS.find(([pattern]) => pattern.test(text))?.[1] ?? '';
}
