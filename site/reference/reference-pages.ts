/** Generates the pages of the reference from the published declarations and their comments. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readExports } from './entry-points.ts';
import { readErrors } from './errors.ts';
import { readLimits } from './options.ts';
import { type Pages, Reference } from './pages.ts';

/** The pages for the project in `root`, which was built before. */
export function referencePages(root: string): Pages {
  const read = (file: string): string => readFileSync(join(root, 'docs', file), 'utf8');
  const documents = { limits: readLimits(read('limits.md')), ...readErrors(read('errors.md')) };
  return new Reference(readExports(join(root, 'dist')), documents).pages();
}
