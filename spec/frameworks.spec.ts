import { readFileSync } from 'node:fs';
import { transform } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { linesNotIn } from './support/quoted-samples.ts';

const ROOT = new URL('../', import.meta.url);
const read = (file: string): string => readFileSync(new URL(file, ROOT), 'utf8');

/** The sections of docs/frameworks.md that have code. */
const sections = read('docs/frameworks.md')
  .split(/^(?=## )/m)
  .slice(1)
  .map((text) => ({
    name: /^## (.*)/.exec(text)![1]!,
    blocks: [...text.matchAll(/^```(javascript|typescript)\n(.*?)^```/gms)].map(([, language, code]) => ({
      language: language!,
      code: code!,
    })),
    examples: [...text.matchAll(/\]\(\.\.\/(examples\/[^)]+)\)/g)].map(([, file]) => file!),
  }));

const IMPORT = /^import (?:type )?([^'"]*) from '[^']+';$/gms;

/** The names that a program imports. */
function importsOf(source: string): string[] {
  return [...source.matchAll(IMPORT)].flatMap(([, clause]) => clause!.match(/\b(?!type\b|as\b)\w+/g) ?? []);
}

describe('docs/frameworks.md', () => {
  it('has a section for each example of a framework', () => {
    const named = sections.map(({ examples }) => examples[0]?.split('/')[1]);
    expect(named).toEqual(['express', 'fastify', 'koa', 'nestjs', 'hono', 'h3', 'next', 'http2']);
  });

  describe.each(sections)('$name', ({ blocks, examples }) => {
    it('has samples that are lines of its example, in the same order', () => {
      expect(blocks).not.toEqual([]);
      const sources = examples.map(read);
      for (const { code } of blocks) {
        const missing = sources.map((source) => linesNotIn(source, code));
        expect(missing.sort((one, other) => one.length - other.length)[0]).toEqual([]);
      }
    });

    const samples = blocks.map(({ code }) => code).join('\n');
    // The samples of NestJS are extracts without imports.
    it.runIf(samples.includes('import '))('has samples that import what they use of the imports of its example', () => {
      const imported = examples.map(read).flatMap(importsOf);
      const used = samples.replaceAll(IMPORT, '');
      const missing = imported.filter((name) => new RegExp(`(?<![.\\w])${name}\\b`).test(used));
      expect(importsOf(samples)).toEqual(expect.arrayContaining(missing));
    });

    it('has samples that can be parsed', async () => {
      const tsconfigRaw = { compilerOptions: { experimentalDecorators: true } };
      for (const { code, language } of blocks) {
        await transform(code, { loader: language === 'typescript' ? 'ts' : 'js', format: 'esm', tsconfigRaw });
      }
    });
  });
});
