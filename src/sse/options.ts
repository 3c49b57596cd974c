/** @throws RangeError that names the option and what it got */
export function nonNegative(name: string, unit: string, value: number | undefined, defaultValue: number): number {
  const resolved = value ?? defaultValue;
  if (typeof resolved === 'number' && resolved >= 0) return resolved;
  throw Object.assign(new RangeError(`${name} must be zero or more ${unit}, and is ${String(resolved)}`), {
    code: 'SSE_ERR_OUT_OF_RANGE',
  });
}

/** A duration that Node's timers can hold: they take more than 2^31 - 1 for 1. */
export function milliseconds(name: string, value: number | undefined, defaultValue: number): number {
  return Math.min(nonNegative(name, 'milliseconds', value, defaultValue), 0x7fff_ffff);
}
