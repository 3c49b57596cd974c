/**
 * Probes pushwire and its peers with the catalogue, servers and clients. `--write` writes the results to
 * docs/conformance.md; `--full` runs all cases, and not only those that take seconds; `--only NAME` one of the agents.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { CATALOGUE, SERVER_CATALOGUE } from '../../../src/conformance/catalogue.ts';
import { overall, type Report, reportOf, VERDICTS } from '../../../src/conformance/report/results.ts';
import { GROUPS, groupOf, selectCases } from '../../../src/conformance/selection.ts';
import { serveCases } from '../../../src/conformance/serve-cases.ts';
import { probeServer } from '../../../src/conformance/websocket/probe-server.ts';
import { writeGeneratedPart } from '../../support/generated-part.ts';
import { inInstalledFolder } from '../../support/installed-folder.ts';

const here = fileURLToPath(new URL('.', import.meta.url));

function start(directory: string, name: string, ...args: readonly string[]): ChildProcess {
  const program = name.startsWith('bun-') ? join(directory, 'node_modules/.bin/bun') : process.execPath;
  const stdio = ['ignore', 'pipe', 'ignore'] as ['ignore', 'pipe', 'ignore'];
  return spawn(program, [join('agents', `${name}.js`), ...args], { cwd: directory, stdio });
}

async function probeServerAgent(directory: string, name: string): Promise<Report> {
  const cases = select(SERVER_CATALOGUE);
  const agent = start(directory, name);
  const [port] = (await once(agent.stdout!, 'data')) as [Buffer];
  const results = await probeServer(`ws://127.0.0.1:${Number(port)}`, cases, { concurrency: 4 });
  agent.kill();
  return reportOf(name, cases, results);
}

async function probeClientAgent(directory: string, name: string): Promise<Report> {
  const cases = select(CATALOGUE);
  const server = await serveCases(cases, [], { port: 0, host: '127.0.0.1' });
  const agent = start(directory, name, `ws://${server.address}`);
  await once(agent, 'exit');
  const [results] = Object.values(server.report());
  await server.close();
  return { [name]: results ?? {} };
}

/** All, or those that take seconds. */
function select<Case extends { readonly id: string }>(cases: readonly Case[]): readonly Case[] {
  if (values.full) return cases;
  return selectCases(cases, [], ['9']).filter(({ id }) => !/^1[23]\./.test(id) || /\.[1-4]$/.test(id));
}

/** Counts for each agent and group, and below what is not OK. */
function describe(report: Report, versions: ReadonlyMap<string, string>): string {
  const groups = [...new Set(select(SERVER_CATALOGUE).map(({ id }) => groupOf(id)))];
  const head = ['agent', ...groups.map((group) => `${group} ${GROUPS[group]}`)];
  const rows = Object.entries(report).map(([name, results]) => [
    `${name} ${versions.get(name) ?? ''}`,
    ...groups.map((group) => {
      const inGroup = Object.entries(results).filter(([id]) => groupOf(id) === group);
      const counts = VERDICTS.map((verdict) => [verdict, inGroup.filter(([, one]) => overall(one) === verdict).length]);
      const told = counts.filter(([, count]) => count !== 0).map(([verdict, count]) => `${count} ${verdict}`);
      return told.join(', ') || '-';
    }),
  ]);
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const table = [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
  const notOk = Object.entries(report).flatMap(([name, results]) =>
    shortcomings(results).map((cells) => line([name, ...cells])),
  );
  if (notOk.length === 0) return table;
  return [table, '', line(['agent', 'verdict', 'cases', 'how']), line(Array(4).fill('---')), ...notOk].join('\n');
}

/** What is not OK, with the cases that have it in common. */
function shortcomings(results: Report[string]): string[][] {
  const cases = new Map<string, string[]>();
  for (const [id, one] of Object.entries(results)) {
    const verdict = overall(one);
    if (verdict !== 'FAILED' && verdict !== 'NON-STRICT') continue;
    const key = `${verdict}\n${one.text}`;
    cases.set(key, [...(cases.get(key) ?? []), id]);
  }
  return [...cases].map(([key, ids]) => {
    const [verdict, text] = key.split('\n');
    return [verdict!, ids.join(', '), text!];
  });
}

const { values } = parseArgs({
  options: {
    write: { type: 'boolean', default: false },
    full: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
  },
});
const versions = new Map<string, string>();
const report = await inInstalledFolder(here, async (directory) => {
  const all: Report = {};
  const names = (await readdir(join(here, 'agents')))
    .map((file) => file.replace(/\.js$/, ''))
    .filter((name) => /-(server|client)$/.test(name));
  for (const name of names.filter((name) => name.startsWith(values.only)).sort()) {
    const packageName = name.replace(/-(server|client)$/, '');
    const manifest = await readFile(join(directory, 'node_modules', packageName, 'package.json'), 'utf8');
    versions.set(name, JSON.parse(manifest).version);
    const probe = name.endsWith('-server') ? probeServerAgent : probeClientAgent;
    const before = performance.now();
    Object.assign(all, await probe(directory, name));
    console.log(`${name}: ${((performance.now() - before) / 1000).toFixed(1)} s`);
  }
  return all;
});
const text = describe(report, versions);
console.log(text);
if (values.write) {
  await writeGeneratedPart(
    new URL('../../../docs/conformance.md', import.meta.url),
    'npm run conformance -- --write',
    text,
  );
}
