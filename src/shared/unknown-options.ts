import { describeValue } from './describe-value.ts';

/** The names of all options. The compiler checks that the list is complete. */
export type OptionNames<Options> = Readonly<Record<keyof Options, true>>;

/** The names that were looked at, with their owners: one warning of each is enough, it is a mistake in the program. */
const seen: Set<string> = /* @__PURE__ */ new Set();

/** What is kept in `seen` at most, for a program that makes up names. */
const MAX_SEEN = 1000;

/** The longest name of which a similar one is searched. */
const MAX_LENGTH = 40;

/** Of how many characters of a name one may be wrong. */
const LETTERS_PER_MISTAKE = 3;

/** How many characters are wrong at most if others know more names: `proxyTimeout` is not meant as `closeTimeout`. */
const MAX_MISTAKES = 2;

/**
 * Warns of each option that the module does not know: a mistyped limit would not be in force. It is no error, because `ws`
 * ignores unknown options, and so do programs that pass on options for somebody else. Inherited properties are no options, and
 * neither are symbols, and getters, which are not called. An option that is undefined has no effect under any name.
 *
 * @param owner    the class or function that is passed the options
 * @param passesOn whether somebody else receives them, too: then only names that are similar to known ones are mistakes
 */
export function warnOfUnknownOptions(
  owner: string,
  options: object,
  names: Readonly<Record<string, true>>,
  passesOn = false,
): void {
  // On the path of each connection: no array of names.
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

/** The name that was probably meant; undefined if none is similar. */
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
