/**
 * Runs all attacks against pushwire, and those that apply against `ws`, and prints a table: `npm run attacks`. With
 * `--write`, writes the table into docs/security.md.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { CLIENT_ATTACKS } from './client.ts';
import { COMPRESSION_ATTACKS } from './compression.ts';
import { costRows } from './cost.ts';
import { EVENT_STREAM_ATTACKS, SOURCE_ATTACKS, STREAM_ATTACKS } from './event-stream.ts';
import { FRAMING_ATTACKS } from './framing.ts';
import { attackClient, attackParser, attackServer, attackSource, passed, type Result, Target } from './run-attack.ts';
import type { Library } from './target.ts';
import { UPGRADE_ATTACKS } from './upgrade.ts';

interface Row {
  readonly title: string;
  readonly section: string;
  readonly run: (target: Target, library: Library) => Promise<Result>;
  readonly ofWs: boolean;
}

const GROUPS: readonly (readonly [string, readonly Row[]])[] = [
  ...(
    [
      ['The opening handshake of a server', UPGRADE_ATTACKS],
      ['Frames sent to a server', FRAMING_ATTACKS],
      ['Compressed messages sent to a server', COMPRESSION_ATTACKS],
      ['Event streams of a server', EVENT_STREAM_ATTACKS],
    ] as const
  ).map(([name, attacks]): [string, Row[]] => [
    name,
    attacks.map((attack) => ({
      ...attack,
      ofWs: attack.ofWs ?? true,
      run: (target, library) => attackServer(target, attack, library),
    })),
  ]),
  [
    'A server that attacks its client',
    CLIENT_ATTACKS.map((attack) => ({
      ...attack,
      // Errors of `ws` have different codes, or none.
      ofWs: false,
      run: (target, library) => attackClient(target, attack, library),
    })),
  ],
  [
    'A server that attacks an EventSource',
    SOURCE_ATTACKS.map((attack) => ({ ...attack, ofWs: false, run: (target) => attackSource(target, attack) })),
  ],
  [
    'A stream that attacks its parser',
    STREAM_ATTACKS.map((attack) => ({ ...attack, ofWs: false, run: (target) => attackParser(target, attack) })),
  ],
];

const megabytes = (bytes: number): string => `${Math.max(0, Math.round(bytes / 2 ** 20))} MiB`;

function outcome(result: Result): string {
  if (passed(result)) return `passed, ${megabytes(result.growth)}`;
  if (result.bystander !== 'unharmed') return `**harmed another connection: ${result.bystander}**`;
  if (result.answer !== 'right') return `**different answer**: ${result.answer}`;
  return `**memory grew by ${megabytes(result.growth)}**`;
}

const targets = { pushwire: new Target(), ws: new Target() };
const lines: string[] = [];
let failures = 0;
const say = (line: string): void => {
  console.log(line);
  lines.push(line);
};

for (const [name, rows] of GROUPS) {
  say(`\n### ${name}\n`);
  say('| attack | standard | memory limit | pushwire | ws |');
  say('|---|---|---|---|---|');
  for (const { title, section, run, ofWs } of rows) {
    const own = await run(targets.pushwire, 'pushwire');
    if (!passed(own)) failures++;
    let peer = '';
    if (ofWs) {
      peer = await run(targets.ws, 'ws').then(outcome, (error: Error) => `**no result: ${error.message}**`);
      if (peer.startsWith('**no result')) {
        targets.ws.stop();
        targets.ws = new Target();
      }
    }
    say(`| ${title} | ${section} | ${megabytes(own.bound)} | ${outcome(own)} | ${peer} |`);
  }
}
targets.pushwire.stop();
targets.ws.stop();

say('\n### Memory and CPU time that a peer can use\n');
say(
  'These are the scenarios of `fuzz/cost`. The figures are the growth of the memory of the process after a garbage collection, and the',
);
say(
  'longest echo to another connection, with the time that is allowed for this number of connections. The heap of the process is limited',
);
say('to 256 MB; buffers are outside of the heap.\n');
say('| attack | pushwire | another library |');
say('|---|---|---|');
for await (const { title, pushwire, other, passed: hasPassed } of costRows()) {
  if (!hasPassed) failures++;
  say(`| ${title} | ${pushwire} | ${other} |`);
}
console.log(failures === 0 ? '\nAll attacks passed.' : `\n${failures} attacks failed.`);
process.exitCode = failures === 0 ? 0 : 1;

if (process.argv.includes('--write')) {
  const file = 'docs/security.md';
  const text = readFileSync(file, 'utf8');
  const [before] = text.split('<!-- The rest is made by npm run attacks -- --write -->');
  writeFileSync(file, `${before}<!-- The rest is made by npm run attacks -- --write -->\n${lines.join('\n')}\n`);
}
