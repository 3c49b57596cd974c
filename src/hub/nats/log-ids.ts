import type { LogPosition } from '../log/log-position.ts';

const ID = /^([0-9a-z]{1,16}(?:\.[1-9]\d{0,8})?)-(0|[1-9]\d{0,15})$/;

/** Returns undefined for a text that is not an id of any log. */
export function parseId(id: string): LogPosition | undefined {
  const match = ID.exec(id);
  return match === null ? undefined : { epoch: match[1]!, number: Number(match[2]) };
}

export function formatId(epoch: string, sequence: number): string {
  return `${epoch}-${sequence}`;
}

/**
 * The epoch of a stream: when it was created, and how often a loss of entries was noticed since. A stream that is created again has
 * another epoch.
 */
export function epochOf(created: string, losses: number): string {
  const epoch = nanoseconds(created).toString(36);
  return losses === 0 ? epoch : `${epoch}.${losses}`;
}

/** Whether a loss of entries was noticed before an epoch. */
export function hasLosses(epoch: string): boolean {
  return epoch.includes('.');
}

/** Whether two epochs belong to the same stream. */
export function isSameStream(epoch: string, other: string): boolean {
  return epoch.split('.')[0] === other.split('.')[0];
}

/** A time as a server writes it, in nanoseconds: `2026-11-28T08:55:20.09382591Z`. */
export function nanoseconds(time: string): bigint {
  const [, seconds, fraction = '', zone] = /^(.*?)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)$/.exec(time)!;
  return BigInt(Date.parse(`${seconds}${zone}`)) * 1_000_000n + BigInt(fraction.padEnd(9, '0'));
}

/** The description of a stream with the number of losses; see {@link lossesOf}. */
export function describeLosses(description: string, losses: number): string {
  return `${description.replace(LOSSES, '').trimEnd()} [losses noticed: ${losses}]`.trimStart();
}

/** How often a loss was noticed, as the description of the stream says. nats-server 2.9 keeps no other text for a stream. */
export function lossesOf(description: string): number {
  return Number(LOSSES.exec(description)?.[1] ?? 0);
}

const LOSSES = /\[losses noticed: (\d{1,9})\]$/;
