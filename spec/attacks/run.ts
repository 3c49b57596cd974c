/**
 * Runs all attacks against servers and clients of ours, and of `ws` where it applies, prints the table, and with
 * `--write` puts it into docs/security.md. Run by `npm run attacks`.
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
      // Its errors have other codes, or none.
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
  if (passed(result)) return `held, ${megabytes(result.growth)}`;
  if (result.bystander !== 'unharmed') return `**a bystander was harmed: ${result.bystander}**`;
  if (result.answer !== 'right') return `**another answer**: ${result.answer}`;
  return `**took ${megabytes(result.growth)}**`;
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
  say('| attack | standard | memory may grow by | pushwire | ws |');
  say('|---|---|---|---|---|');
  for (const { title, section, run, ofWs } of rows) {
    const own = await run(targets.pushwire, 'pushwire');
    if (!passed(own)) failures++;
    let peer = '';
    if (ofWs) {
      peer = await run(targets.ws, 'ws').then(outcome, (error: Error) => `**it ended: ${error.message}**`);
      if (peer.startsWith('**it ended')) {
        targets.ws.stop();
        targets.ws = new Target();
      }
    }
    say(`| ${title} | ${section} | ${megabytes(own.bound)} | ${outcome(own)} | ${peer} |`);
  }
}
targets.pushwire.stop();
targets.ws.stop();

say('\n### What a peer costs\n');
say(
  'The scenarios of `fuzz/cost`. The figures are the memory that the process held more than before, after a collection, and',
);
say('the longest time until it answered a bystander. The heap of the process has 256 MB.\n');
say('| attack | pushwire | another library |');
say('|---|---|---|');
for await (const { title, pushwire, other, passed: isHeld } of costRows()) {
  if (!isHeld) failures++;
  say(`| ${title} | ${pushwire} | ${other} |`);
}
console.log(failures === 0 ? '\nAll attacks were held.' : `\n${failures} attacks were not held.`);
process.exitCode = failures === 0 ? 0 : 1;

if (process.argv.includes('--write')) {
  const file = 'docs/security.md';
  const text = readFileSync(file, 'utf8');
  const [before] = text.split('<!-- The rest is made by npm run attacks -- --write -->');
  writeFileSync(file, `${before}<!-- The rest is made by npm run attacks -- --write -->\n${lines.join('\n')}\n`);
}
