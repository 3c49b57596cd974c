import type { CaseResult, Verdict } from '../verdict.ts';

/** What an agent is. */
export type AgentKind = 'WebSocket server' | 'WebSocket client' | 'event stream server' | 'event stream client';

/** One agent of the self-test, and the cases that it runs. */
export interface Trial {
  readonly kind: AgentKind;
  /** What the agent does, such as `does not validate UTF-8`. */
  readonly habit: string;
  /** Whether its cases must find a fault. Otherwise, it must pass them. */
  readonly isFaulty: boolean;
  /** The ids of the cases. */
  readonly cases: readonly string[];
  /**
   * Runs the cases. Resolves with each verdict that is not as it must be, in words.
   *
   * @param cases only these of the cases. Default: all
   */
  run(cases?: readonly string[]): Promise<string[]>;
}

/** What a trial with its own cases consists of. */
interface TrialParts<Case extends { readonly id: string }> extends Omit<Trial, 'cases' | 'run'> {
  readonly cases: readonly Case[];
  /** The verdicts that are not OK, by id. For a faulty agent, those of the cases that find it. */
  readonly expected?: Readonly<Record<string, Verdict>>;
  /** Whether the expected verdict is that of the closing handshake. */
  readonly isClosing?: boolean;
  /** Whether a right agent may lack what a case needs. */
  readonly mayLack?: boolean;
  /** How often it is tried: other load on the machine can change a verdict that depends on milliseconds. */
  readonly attempts?: number;
  /** @param patience the factor for time limits, see `repeated()` */
  readonly probe: (cases: readonly Case[], patience: number) => Promise<readonly CaseResult[]>;
}

/** Makes a trial whose cases must have exactly the expected verdicts. */
export function trialOf<Case extends { readonly id: string }>(parts: TrialParts<Case>): Trial {
  const {
    kind,
    habit,
    isFaulty,
    cases,
    expected = {},
    isClosing = false,
    mayLack = false,
    attempts = 1,
    probe,
  } = parts;
  const wrongOf = (results: readonly CaseResult[], count: number): string[] => [
    ...results.flatMap((result) =>
      mayLack && result.verdict === 'UNIMPLEMENTED'
        ? []
        : wrongVerdict(result, expected[result.id], isFaulty, isClosing),
    ),
    ...(results.length === count ? [] : [`Wrong number of results; expected ${count}; received ${results.length}`]),
  ];
  return {
    kind,
    habit,
    isFaulty,
    cases: cases.map(({ id }) => id),
    run: (ids) => {
      const selected = ids === undefined ? cases : cases.filter(({ id }) => ids.includes(id));
      return repeated(attempts, async (patience) => wrongOf(await probe(selected, patience), selected.length));
    },
  };
}

/** How much longer the time limits of an attempt are than those of the attempt before. */
const MORE_PATIENCE = 4;

/**
 * Tries again while something is wrong, with longer time limits: on a busy machine, an attempt with the same limits would end in
 * the same way. Resolves with what is wrong in the last attempt.
 *
 * @param attempt receives the factor by which it multiplies its time limits: 1, 4, 16, …
 */
export async function repeated(
  attempts: number,
  attempt: (patience: number) => Promise<string[]>,
  patience = 1,
): Promise<string[]> {
  const wrong = await attempt(patience);
  return wrong.length === 0 || attempts <= 1 ? wrong : repeated(attempts - 1, attempt, patience * MORE_PATIENCE);
}

/** Returns what is wrong with a verdict, in words; an empty list if it is as expected. */
function wrongVerdict(
  { id, verdict, closeVerdict, text }: CaseResult,
  expected: Verdict | undefined,
  isFaulty: boolean,
  isClosing: boolean,
): string[] {
  if (!isFaulty && expected === undefined) {
    const isRight = verdict === 'INFORMATIONAL' || (verdict === 'OK' && closeVerdict === 'OK');
    return isRight ? [] : [`${id}: expected OK; received ${verdict}, closing ${closeVerdict}: ${text}`];
  }
  const received = isClosing ? closeVerdict : verdict;
  if (received !== expected) return [`${id}: expected ${expected}; received ${received}${text && `: ${text}`}`];
  return text === '' && expected !== 'OK' ? [`${id}: the verdict ${received} has no explanation`] : [];
}

/** The same verdict for each of the cases. */
export function each(ids: readonly string[], verdict: Verdict): Record<string, Verdict> {
  return Object.fromEntries(ids.map((id) => [id, verdict]));
}

/** Returns the cases with these ids. @throws Error if one is missing */
export function withIds<Case extends { readonly id: string }>(
  catalogue: readonly Case[],
  ids: readonly string[],
): Case[] {
  const cases = catalogue.filter(({ id }) => ids.includes(id));
  if (cases.length === ids.length) return cases;
  throw new Error(`A case of ${ids.join(', ')} does not exist`);
}
