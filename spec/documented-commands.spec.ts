import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DOCUMENTS = [
  'README.md',
  'tools/README.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file}`),
];

/** The commands in code, without the part of a pipe or a redirection. */
function commandsIn(document: string): string[] {
  const text = readFileSync(join(ROOT, document), 'utf8');
  return [...text.matchAll(/\bnpx pushwire(?:-cli)? ([^`\n|&>]*)/g)].map(([, command]) => command!.trim());
}

/** The options in the help of a command, such as conform; undefined for an unknown command. */
function optionsInHelp(name: string): readonly string[] | undefined {
  const file = join(ROOT, `tools/src/commands/${name}.ts`);
  if (!existsSync(file)) return undefined;
  const help = /^const HELP = `(.*?)`;$/ms.exec(readFileSync(file, 'utf8'))![1]!;
  return help.match(/(?<![\w-])--[a-z][\w-]*/g) ?? [];
}

it.each(DOCUMENTS.filter((document) => commandsIn(document).length > 0))(
  '%s names only commands and options that `pushwire` has',
  (document) => {
    for (const command of commandsIn(document)) {
      const [name = '', ...others] = command.split(/\s+/);
      if (!/^[a-z]/.test(name)) continue;
      const known = optionsInHelp(name);
      const options = others.map((word) => /^--[a-z][\w-]*/.exec(word)?.[0]).filter((option) => option !== undefined);
      expect(known, command).toEqual(expect.arrayContaining(options));
    }
  },
);
