/** Parses an option such as `--part 3/7`. */
export function parsePart(text: string): { readonly part: number; readonly parts: number } {
  const [part = 0, parts = 0] = /^\d+\/\d+$/.test(text) ? text.split('/').map(Number) : [];
  if (!(part >= 1 && part <= parts)) throw new RangeError(`--part must be like 3/7; received ${JSON.stringify(text)}`);
  return { part, parts };
}

/** The checks of a part whose names start with one of `starts`. The parts have about the same number of checks. */
export function chooseChecks<T>(
  all: ReadonlyMap<string, T>,
  options: { readonly part: string; readonly starts: readonly string[] },
): ReadonlyMap<string, T> {
  const { part, parts } = parsePart(options.part);
  const chosen = [...all]
    .filter((_, index) => index % parts === part - 1)
    .filter(([name]) => options.starts.some((start) => name.startsWith(start)));
  if (chosen.length === 0) throw new RangeError('No check has such a name');
  return new Map(chosen);
}

/** Runs the checks, two at a time. The results are in the order of the checks. */
export async function runTwoAtATime<T, R>(checks: readonly T[], run: (check: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  async function work(): Promise<void> {
    while (next < checks.length) {
      const index = next++;
      results[index] = await run(checks[index]!);
    }
  }
  await Promise.all([work(), work()]);
  return results;
}
