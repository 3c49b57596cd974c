import { selectCases } from '../../conformance/selection.ts';
import { UsageError } from '../arguments/usage-error.ts';

/**
 * The cases that match --only and --exclude.
 *
 * @param subject what the cases of the catalogue test, for the message, such as `clients`
 * @throws {UsageError} if there is none
 */
export function select<Case extends { readonly id: string }>(
  catalogue: readonly Case[],
  { only, exclude }: { readonly only: readonly string[]; readonly exclude: readonly string[] },
  subject?: string,
): Case[] {
  const cases = selectCases(catalogue, only, exclude);
  if (cases.length > 0) return cases;
  throw noCaseMatches(subject);
}

/**
 * @param subject what the cases test, such as `clients`
 * @param agent the name of an agent that has patterns of its own
 */
export function noCaseMatches(subject?: string, agent?: string): UsageError {
  const cases = subject === undefined ? 'No case' : `No case for ${subject}`;
  const words = `${cases} matches --only and --exclude (--list shows all cases)`;
  return new UsageError(agent === undefined ? words : `${words} for "${agent}"`);
}
