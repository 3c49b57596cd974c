/**
 * Some checks repeat what a shorter check covers, with more data: they run in `npm run spec:full` only, all of them or
 * one part of them (`-- --part 3/7`).
 */
const { SPEC_FULL, SPEC_PART = '1/1' } = process.env;

export const isFullRun: boolean = SPEC_FULL === 'true';

const [part = 1, parts = 1] = SPEC_PART.split('/').map(Number);

/** Whether a check that only a full run has is due in this run. Its name decides to which part it belongs. */
export function isDue(name: string): boolean {
  return isFullRun && hash(name) % parts === part - 1;
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const byte of Buffer.from(text)) value = Math.imul(value ^ byte, 0x01000193) >>> 0;
  return value;
}
