/** What the value of a header field must be, in words: a text, a text that it contains, or else a regular expression. */
export function describePattern(pattern: RegExp): string {
  const [, start, literal, end] = /^(\^|\\b)((?:[^\\^$.*+?()[\]{}|]|\\[+/.])+)(\$|\\b)$/.exec(pattern.source) ?? [];
  if (literal === undefined || (start === '^') !== (end === '$')) return `a match for ${pattern}`;
  const text = literal.replaceAll('\\', '');
  return start === '^' ? `"${text}"` : `a value that contains ${text}`;
}
