/**
 * Returns the cases whose ids match a pattern of `only`, or all if it is empty, and no pattern of `exclude`. A pattern is
 * an id such as `6.4.1`, a group such as `6` or `6.4`, or contains `*` for any characters, as in `6.*`.
 */
export function selectCases<Case extends { readonly id: string }>(
  cases: readonly Case[],
  only: readonly string[],
  exclude: readonly string[],
): Case[] {
  const included = only.map(matcher);
  const excluded = exclude.map(matcher);
  return cases.filter(
    ({ id }) =>
      (included.length === 0 || included.some((matches) => matches(id))) && !excluded.some((matches) => matches(id)),
  );
}

/** A function that tests ids against a pattern. */
function matcher(pattern: string): (id: string) => boolean {
  const escaped = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  const expression = new RegExp(`^${escaped.join('.*')}${pattern.endsWith('*') ? '' : '(\\.|$)'}`);
  return (id) => expression.test(id);
}

/** The group of a case: the number before the first point. */
export function groupOf(id: string): string {
  return id.slice(0, id.indexOf('.'));
}

/** The names of the groups. */
export const GROUPS: Readonly<Record<string, string>> = {
  1: 'Framing',
  2: 'Pings and pongs',
  3: 'Reserved bits',
  4: 'Opcodes',
  5: 'Fragmentation',
  6: 'UTF-8',
  7: 'Closing handshake',
  9: 'Limits and performance',
  10: 'Auto-fragmentation',
  12: 'Compression: payloads',
  13: 'Compression: parameters',
  14: 'Opening handshake',
  15: 'Robustness',
  16: 'Opening handshake of clients',
  17: 'Beyond Autobahn',
  18: 'Compression: own parameters',
  20: 'Event stream: response',
  21: 'Event stream: content',
  22: 'Event stream: resumption',
  23: 'Event stream: HTTP',
  24: 'Event stream: robustness',
  30: 'Event stream parser: lines',
  31: 'Event stream parser: fields',
  32: 'Event stream client: responses',
  33: 'Event stream client: reconnection',
  34: 'Event stream client: redirects',
  35: 'Event stream client: close()',
};
