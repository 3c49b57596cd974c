/** Writes the pages of the reference to docs/reference: `npm run reference`. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { referencePages } from './reference-pages.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const directory = join(root, 'docs/reference');

const pages = referencePages(root);
rmSync(directory, { recursive: true, force: true });
mkdirSync(directory, { recursive: true });
for (const [path, page] of pages) writeFileSync(join(directory, path), page);
console.log(`${pages.size} pages are in docs/reference.`);
