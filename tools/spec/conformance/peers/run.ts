/**
 * Tests servers and clients of pushwire and its peers with the conformance cases. Options:
 *
 * - `--write`: writes the results to docs/conformance.md.
 * - `--full`: also runs the slow cases.
 * - `--only NAME`: runs only the agents whose name starts with NAME.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { writeGeneratedPart } from '../../../../spec/support/generated-part.ts';
import { inInstalledFolder } from '../../../../spec/support/installed-folder.ts';
import {
  ALL_CASES,
  CLIENT_CATALOGUE,
  SERVER_CATALOGUE,
  STREAM_CLIENT_CATALOGUE,
  STREAM_SERVER_CATALOGUE,
} from '../../../src/conformance/catalogue.ts';
import { overall, type Report, reportOf, VERDICTS } from '../../../src/conformance/report.ts';
import { GROUPS, groupOf, selectCases } from '../../../src/conformance/selection.ts';
import { serveCases } from '../../../src/conformance/serve-cases.ts';
import { probeStreamServer } from '../../../src/conformance/sse/probe-stream-server.ts';
import type { CaseResult } from '../../../src/conformance/verdict.ts';
import type { ServerCase } from '../../../src/conformance/websocket/probe-server.ts';
import { probeServer } from '../../../src/conformance/websocket/probe-server.ts';
import { EVENT_STREAMS } from '../../requirements/event-streams.ts';
import { RFC_6455 } from '../../requirements/rfc6455.ts';
import { RFC_7692 } from '../../requirements/rfc7692.ts';

const here = fileURLToPath(new URL('.', import.meta.url));

function start(directory: string, name: string, ...args: readonly string[]): ChildProcess {
  const program = name.startsWith('bun-') ? join(directory, 'node_modules/.bin/bun') : process.execPath;
  const stdio = ['ignore', 'pipe', 'ignore'] as ['ignore', 'pipe', 'ignore'];
  return spawn(program, [join('agents', `${name}.js`), ...args], { cwd: directory, stdio });
}

async function startServer(directory: string, name: string): Promise<{ agent: ChildProcess; authority: string }> {
  const agent = start(directory, name);
  const [port] = (await once(agent.stdout!, 'data')) as [Buffer];
  return { agent, authority: `127.0.0.1:${Number(port)}` };
}

async function probeServerAgent(directory: string, name: string): Promise<Report> {
  if (!name.endsWith('-stream-server')) {
    const cases = select(SERVER_CATALOGUE);
    return reportOf(name, cases, await probeUntilCrash(directory, name, cases));
  }
  const { agent, authority } = await startServer(directory, name);
  const results = await probeStreamServer(`http://${authority}/`, STREAM_SERVER_CATALOGUE, { concurrency: 8 });
  agent.kill();
  return reportOf(name, STREAM_SERVER_CATALOGUE, results);
}

/** Probes a server. If it crashes, probes it again with each half of the cases, to find the case that crashes it. */
async function probeUntilCrash(directory: string, name: string, cases: readonly ServerCase[]): Promise<CaseResult[]> {
  const { agent, authority } = await startServer(directory, name);
  const results = await probeServer(`ws://${authority}`, cases, { concurrency: 4 });
  if (agent.exitCode === null) agent.kill();
  else if (cases.length > 1) {
    const half = Math.ceil(cases.length / 2);
    const first = await probeUntilCrash(directory, name, cases.slice(0, half));
    return [...first, ...(await probeUntilCrash(directory, name, cases.slice(half)))];
  }
  return results;
}

async function probeClientAgent(directory: string, name: string): Promise<Report> {
  const isStream = name.endsWith('-stream-client');
  const [cases, streamCases] = isStream ? [[], STREAM_CLIENT_CATALOGUE] : [select(CLIENT_CATALOGUE), []];
  const server = await serveCases(cases, streamCases, { port: 0, host: '127.0.0.1' });
  const agent = start(directory, name, `${isStream ? 'http' : 'ws'}://${server.address}`);
  await once(agent, 'exit');
  const [results] = Object.values(server.report());
  await server.close();
  return { [name]: results ?? {} };
}

/** Leaves out the slow cases, unless this is a full run. */
function select<Case extends { readonly id: string }>(cases: readonly Case[]): readonly Case[] {
  if (values.full) return cases;
  return selectCases(cases, [], ['9']).filter(({ id }) => !/^1[23]\./.test(id) || /\.[1-4]$/.test(id));
}

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

/** Writes a table of verdict counts for each kind of agent, and a table of the cases that are not OK. */
function describe(report: Report, versions: ReadonlyMap<string, string>): string {
  const kinds = new Map<string, string[]>();
  for (const name of Object.keys(report)) {
    const [, kind = ''] = name.match(/-((stream-)?(server|client))$/) ?? [];
    kinds.set(kind, [...(kinds.get(kind) ?? []), name]);
  }
  const tables = ['server', 'client', 'stream-server', 'stream-client'].flatMap((kind) => {
    const names = kinds.get(kind) ?? [];
    if (names.length === 0) return [];
    const groups = [...new Set(names.flatMap((name) => Object.keys(report[name]!).map(groupOf)))];
    groups.sort((one, other) => Number(one) - Number(other));
    const head = [KINDS[kind]!, ...groups.map((group) => `${group} ${GROUPS[group]?.replace(/^.*: /, '')}`)];
    const rows = names.map((name) => [
      `${name.slice(0, -kind.length - 1)} ${versions.get(name) ?? ''}`,
      ...groups.map((group) => countsOf(report[name]!, group)),
    ]);
    return [[line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')];
  });
  const notOk = Object.entries(report).flatMap(([name, results]) =>
    shortcomings(results).map((cells) => line([name, ...cells])),
  );
  const head = ['agent', 'verdict', 'cases', 'problem', 'requirement'];
  return [...tables, [line(head), line(head.map(() => '---')), ...notOk].join('\n')].join('\n\n');
}

const KINDS: Readonly<Record<string, string>> = {
  server: 'WebSocket servers',
  client: 'WebSocket clients',
  'stream-server': 'event stream servers',
  'stream-client': 'event stream clients',
};

function countsOf(results: Report[string], group: string): string {
  const inGroup = Object.entries(results).filter(([id]) => groupOf(id) === group);
  const counts = VERDICTS.map((verdict) => [verdict, inGroup.filter(([, one]) => overall(one) === verdict).length]);
  const told = counts.filter(([, count]) => count !== 0).map(([verdict, count]) => `${count} ${verdict}`);
  return told.join(', ') || '-';
}

/** Groups the cases that are not OK by verdict, text and requirement. */
function shortcomings(results: Report[string]): string[][] {
  const cases = new Map<string, string[]>();
  for (const [id, one] of Object.entries(results)) {
    const verdict = overall(one);
    if (verdict !== 'FAILED' && verdict !== 'NON-STRICT') continue;
    const text = one.text.replace(/"[^" ]{30,}"/g, '"…"').replace(/:\d{4,5}$/, '');
    const key = [verdict, text, quoteFor(id, one.section)].join('\n');
    cases.set(key, [...(cases.get(key) ?? []), id]);
  }
  return [...cases].map(([key, ids]) => {
    const [verdict = '', text = '', quote = ''] = key.split('\n');
    return [verdict, shortened(ids), escapeCell(text), escapeCell(quote)];
  });
}

const SHOWN = 6;

function shortened(ids: readonly string[]): string {
  if (ids.length <= SHOWN) return ids.join(', ');
  return `${ids.slice(0, SHOWN).join(', ')} and ${ids.length - SHOWN} more`;
}

function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
}

const DOCUMENTS = [
  ['RFC 6455', RFC_6455],
  ['RFC 7692', RFC_7692],
  ['HTML', EVENT_STREAMS],
] as const;

/** Finds the requirement that a case checks. Prefers those of its section, and then the one that names the fewest cases. */
function quoteFor(id: string, section: string): string {
  const named = DOCUMENTS.flatMap(([document, requirements]) =>
    requirements.flatMap(({ section: where, text, cases = [] }) => {
      const held = selectCases<{ readonly id: string }>(ALL_CASES, cases, []).map((test) => test.id);
      if (cases.length === 0 || !held.includes(id) || !section.startsWith(document)) return [];
      const isOfSection = section === `${document} ${where}`;
      return [
        {
          isOfSection,
          count: held.length,
          quote: `${document} ${where}: ${document === 'RFC 6455' ? `"${text}"` : text}`,
        },
      ];
    }),
  );
  named.sort((one, other) => Number(other.isOfSection) - Number(one.isOfSection) || one.count - other.count);
  return named[0]?.quote ?? section;
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
    const packageName = name.replace(/-(stream-)?(server|client)$/, '');
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
    new URL('../../../../docs/conformance.md', import.meta.url),
    'npm run conformance -- --write',
    text,
  );
}
