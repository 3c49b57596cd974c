import { describeValue } from './describe-value.ts';

/** The names of all options. The compiler checks that the list is complete. */
export type OptionNames<Options> = Readonly<Record<keyof Options, true>>;

/** The names that were checked, with their owners. Each mistake in the program causes one warning. */
const seen: Set<string> = /* @__PURE__ */ new Set();

/** The maximum size of `seen`, for a program that generates names. */
const MAX_SEEN = 1000;

/** The longest name for which a similar name is searched. */
const MAX_LENGTH = 40;

/** One wrong character is tolerated for each group of this many. */
const LETTERS_PER_MISTAKE = 3;

/** The maximum number of wrong characters if there may be other valid names: `proxyTimeout` is not a mistyped `closeTimeout`. */
const MAX_MISTAKES = 2;

/**
 * Warns of each option with an unknown name: a mistyped limit would have no effect. It is not an error, because `ws` ignores
 * unknown options, and programs pass on options that are meant for other modules. Inherited properties, symbols, getters and
 * undefined values are not checked.
 *
 * @param owner    the class or function that is passed the options
 * @param passesOn whether the options are also passed to other code: then only names that are similar to known ones are mistakes
 */
export function warnOfUnknownOptions(
  owner: string,
  options: object,
  names: Readonly<Record<string, true>>,
  passesOn = false,
): void {
  // This runs for each connection, so it creates no array of names.
  for (const name in options) {
    if (names[name] !== true) warnOfOption(owner, name, options, names, passesOn);
  }
}

function warnOfOption(
  owner: string,
  name: string,
  options: object,
  names: Readonly<Record<string, true>>,
  passesOn: boolean,
): void {
  const key = `${owner} ${name}`;
  if (seen.has(key) || seen.size >= MAX_SEEN) return;
  if (Object.getOwnPropertyDescriptor(options, name)?.value === undefined) return;
  seen.add(key);
  const similar = mostSimilar(name, Object.keys(names), passesOn ? MAX_MISTAKES : Number.POSITIVE_INFINITY);
  if (passesOn && similar === undefined) return;
  const hint = similar === undefined ? '' : ` (did you mean ${similar}?)`;
  process.emitWarning(`Unknown option ${describeValue(name)} of ${owner}${hint}`, { code: 'PUSHWIRE_UNKNOWN_OPTION' });
}

/** The most similar known name; undefined if none is similar. */
function mostSimilar(name: string, names: readonly string[], maxMistakes: number): string | undefined {
  if (name.length > MAX_LENGTH) return undefined;
  let similar: string | undefined;
  let fewest = maxMistakes + 1;
  for (const known of names) {
    const mistakes = distance(name.toLowerCase(), known.toLowerCase());
    if (mistakes >= fewest || mistakes > known.length / LETTERS_PER_MISTAKE) continue;
    fewest = mistakes;
    similar = known;
  }
  return similar;
}

/** The number of characters to insert, remove or replace (Levenshtein). */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let index = 0; index < from.length; index++) {
    const next = [index + 1];
    for (let column = 0; column < to.length; column++) {
      const replaced = row[column]! + (from[index] === to[column] ? 0 : 1);
      next.push(Math.min(replaced, row[column + 1]! + 1, next[column]! + 1));
    }
    row = next;
  }
  return row[to.length]!;
}
