const DESCRIPTIONS = new WeakMap<RegExp, string>();

/** Gives a pattern a description, for those that cannot be read. Returns the pattern. */
export function described(description: string, pattern: RegExp): RegExp {
  DESCRIPTIONS.set(pattern, description);
  return pattern;
}

/** What the value of a header field must be, in words: its description, a text, a text that it contains, or else a regular expression. */
export function describePattern(pattern: RegExp): string {
  const description = DESCRIPTIONS.get(pattern);
  if (description !== undefined) return description;
  const [, start, literal, end] = /^(\^|\\b)((?:[^\\^$.*+?()[\]{}|]|\\[+/.])+)(\$|\\b)$/.exec(pattern.source) ?? [];
  if (literal === undefined || (start === '^') !== (end === '$')) return `a match for ${pattern}`;
  const text = literal.replaceAll('\\', '');
  return start === '^' ? `"${text}"` : `a value that contains ${text}`;
}
