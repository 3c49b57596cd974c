import { selectCases } from '../../conformance/selection.ts';
import { UsageError } from '../arguments/usage-error.ts';

/** The cases that match --only and --exclude. @throws {UsageError} if there is none */
export function select<Case extends { readonly id: string }>(
  catalogue: readonly Case[],
  { only, exclude }: { readonly only: readonly string[]; readonly exclude: readonly string[] },
): Case[] {
  const cases = selectCases(catalogue, only, exclude);
  if (cases.length > 0) return cases;
  throw noCaseMatches();
}

/** @param agent the name of an agent that has patterns of its own */
export function noCaseMatches(agent?: string): UsageError {
  const words = 'No case matches --only and --exclude (--list shows all cases)';
  return new UsageError(agent === undefined ? words : `${words} for "${agent}"`);
}
