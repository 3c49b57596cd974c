import type { ComparisonResult, Effort } from './harness/compare.ts';
import { echo } from './scenes/echo.ts';
import { pipelined } from './scenes/pipelined.ts';

/** What can be measured, by the names that the command takes. */
export const SCENES: Readonly<Record<string, (effort: Effort) => AsyncGenerator<ComparisonResult>>> = {
  echo,
  pipelined,
};
