/**
 * Tests servers and clients of pushwire and its peers with the conformance cases, one at a time. Options:
 *
 * - `--write`: writes the results to results.json and to docs/conformance.md.
 * - `--only NAME,NAME`: runs only the agents whose names start with one of these. The others keep their results.
 * - `--cases GROUP,GROUP`: runs only the cases of these groups. They are not written.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { writeGeneratedPart } from '../../../../spec/support/generated-part.ts';
import { inInstalledFolder } from '../../../../spec/support/installed-folder.ts';
import { explain } from './explain.ts';
import { renderMatrix } from './matrix.ts';
import { fullNameOf, type InstalledAgent, install, listAgents } from './peers.ts';
import { probeAgent } from './probe-agent.ts';
import { type AgentSummary, describeCounts, formatResults, type Results, summarize } from './results.ts';
import { SHORTCOMINGS } from './shortcomings/all.ts';

const here = fileURLToPath(new URL('.', import.meta.url));
const stored = join(here, 'results.json');

const { values } = parseArgs({
  options: {
    write: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    cases: { type: 'string', default: '' },
  },
});
if (values.write && values.cases !== '') throw new Error('--write needs all cases; received --cases');
const names = values.only.split(',');
const groups = values.cases === '' ? [] : values.cases.split(',');

const all: Record<string, AgentSummary> = { ...(JSON.parse(await readFile(stored, 'utf8')) as Results) };
await inInstalledFolder(here, async (directory) => {
  for (const agent of await listAgents(join(here, 'agents'))) {
    const name = fullNameOf(agent);
    if (!names.some((start) => name.startsWith(start))) continue;
    let installed: InstalledAgent;
    try {
      installed = await install(agent, directory);
    } catch (error) {
      console.log(`${name}: skipped, because it is not installed (${(error as Error).message.split('\n')[0]})`);
      continue;
    }
    const before = performance.now();
    const { results, count } = await probeAgent(installed, directory, groups);
    const date = new Date().toISOString().slice(0, 10);
    // Parsers leave out the cases for clients.
    const notRun = agent.kind === 'stream-client' ? 0 : count - Object.keys(results).length;
    const summary = {
      name: agent.name,
      kind: agent.kind,
      version: installed.version,
      date,
      notRun,
      ...summarize(results),
    };
    all[name] = summary;
    const seconds = ((performance.now() - before) / 1000).toFixed(0);
    console.log(`${name} ${installed.version}: ${Object.keys(results).length} of ${count} cases in ${seconds} s`);
    for (const [group, counts] of Object.entries(summary.counts)) console.log(`  ${group}: ${describeCounts(counts)}`);
    for (const { verdict, cases, text } of summary.problems) console.log(`  ${verdict} ${cases.join(', ')}: ${text}`);
    const { unexplained } = explain({ [name]: summary }, SHORTCOMINGS);
    if (unexplained.length > 0) console.log(`  not in shortcomings: ${unexplained.join(', ')}`);
  }
});
if (values.write) {
  await writeFile(stored, formatResults(all));
  const sorted = JSON.parse(await readFile(stored, 'utf8')) as Results;
  await writeGeneratedPart(
    new URL('../../../../docs/conformance.md', import.meta.url),
    'npm run conformance -- --write',
    renderMatrix(sorted, SHORTCOMINGS),
  );
}
