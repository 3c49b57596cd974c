/**
 * Some checks repeat a shorter check with more data. They run only in `npm run spec:full`, which runs all of them or one part
 * (`-- --part 3/7`).
 */
const { SPEC_FULL, SPEC_PART = '1/1' } = process.env;

export const isFullRun: boolean = SPEC_FULL === 'true';

const [part = 1, parts = 1] = SPEC_PART.split('/').map(Number);

/** Whether a check of the full run belongs to this run. The name of the check determines its part. */
export function isDue(name: string): boolean {
  return isFullRun && hash(name) % parts === part - 1;
}

/** Whether a check belongs to this run: a full run has those of its part, and `npm test` has those that are meant for it. */
export function belongsToRun(name: string, isForShortRun: boolean): boolean {
  return isFullRun ? isDue(name) : isForShortRun;
}

/** Checks of which neighbours are alike: `npm test` has every `step`th, and a full run those of its part. */
export function everyNth<T>(step: number, checks: readonly T[], nameOf: (check: T) => string): T[] {
  return checks.filter((check, index) => belongsToRun(nameOf(check), index % step === 0));
}

/** The FNV-1a hash. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const byte of Buffer.from(text)) value = Math.imul(value ^ byte, 0x01000193) >>> 0;
  return value;
}
