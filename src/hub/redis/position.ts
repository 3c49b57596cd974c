import type { LogPosition } from '../log/log-position.ts';

/** The text of a position: `<epoch>-<number>`. The numbers of entries are consecutive, so that a gap is visible. */
export function positionId(epoch: string, number: number): string {
  return `${epoch}-${number}`;
}

/** Returns undefined if the text is not a position of any log. */
export function parsePosition(id: string): LogPosition | undefined {
  const match = /^([0-9a-f]+)-(0|[1-9]\d{0,15})$/.exec(id);
  if (!match) return undefined;
  const number = Number(match[2]);
  return Number.isSafeInteger(number) ? { epoch: match[1]!, number } : undefined;
}
