/**
 * Checks that each module without I/O reaches 100 % of its branches from its own spec file alone.
 * Run by `npm run coverage`.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startVitest } from 'vitest/node';

const FOLDERS = ['websocket/wire', 'websocket/handshake', 'sse/wire'];

interface Figure {
  readonly pct: number;
  readonly covered: number;
  readonly total: number;
}

async function coverageOf(module: string): Promise<Figure> {
  const reports = mkdtempSync(join(tmpdir(), 'pushwire-coverage-'));
  const vitest = await startVitest('test', [`spec/${module}.spec.ts`], {
    watch: false,
    project: ['spec'],
    reporters: [{}],
    coverage: {
      enabled: true,
      provider: 'v8',
      include: [`src/${module}.ts`],
      reporter: ['json-summary'],
      reportsDirectory: reports,
    },
  });
  await vitest.close();
  const summary: { total: { branches: Figure } } = JSON.parse(
    readFileSync(join(reports, 'coverage-summary.json'), 'utf8'),
  );
  rmSync(reports, { recursive: true });
  return summary.total.branches;
}

const modules = FOLDERS.flatMap((folder) =>
  readdirSync(`src/${folder}`, { recursive: true })
    .map(String)
    .filter((file) => file.endsWith('.ts'))
    .map((file) => `${folder}/${file.replace(/\.ts$/, '')}`),
);
/** Whether a module has anything that can be run, and not types alone. */
const HAS_CODE = /^(export )?(async )?(const|let|class|function) /m;

let incomplete = 0;
for (const module of modules) {
  if (!HAS_CODE.test(readFileSync(`src/${module}.ts`, 'utf8'))) continue;
  if (!existsSync(`spec/${module}.spec.ts`)) {
    console.log(`src/${module}.ts has no spec/${module}.spec.ts`);
    incomplete++;
    continue;
  }
  const { covered, total } = await coverageOf(module);
  if (covered < total) incomplete++;
  console.log(`${covered === total ? 'complete  ' : 'INCOMPLETE'} ${covered}/${total} branches  src/${module}.ts`);
}
console.log(incomplete === 0 ? 'Every module is covered by its own tests.' : `${incomplete} modules are not covered.`);
process.exitCode = incomplete === 0 && process.exitCode !== 1 ? 0 : 1;
