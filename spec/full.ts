/**
 * Runs the specs that check more in a full run than in `npm test`: `npm run spec:full`, or one part of it:
 * `npm run spec:full -- --part 3/7`.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startVitest } from 'vitest/node';
import { parsePart } from './support/checks.ts';

const { values } = parseArgs({ options: { part: { type: 'string', default: '1/1' } } });
const { part, parts } = parsePart(values.part);

/** The spec files that ask whether a check is due, directly or through a module beside them. */
function specsWithMore(): string[] {
  const files = ['spec', 'tools/spec', 'fuzz'].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)),
  );
  const importing = (module: string): string[] =>
    files.filter((file) => file.endsWith('.ts') && readFileSync(file, 'utf8').includes(`/${module}.ts';`));
  const modules = ['full-run', 'own-conformance', 'shared-cases', 'strange-requests'];
  return [...new Set(modules.flatMap(importing))].filter((file) => file.endsWith('.spec.ts'));
}

process.env.SPEC_FULL = 'true';
process.env.SPEC_PART = values.part;
console.log(`Part ${part} of ${parts}; to repeat it: npm run spec:full -- --part ${values.part}`);
// A part may have no check of a suite.
const vitest = await startVitest('test', specsWithMore(), { watch: false, passWithNoTests: true });
await vitest.close();
