import { readFileSync } from 'node:fs';
import { transform } from 'esbuild';
import { describe, expect, it } from 'vitest';

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

/** The lines of the sample that the example does not have, in this order. */
function linesNotIn(example: string, sample: string): string[] {
  const lines = example.split('\n');
  return sample.split('\n').filter((line) => {
    const index = lines.indexOf(line);
    if (line !== '' && index !== -1) lines.splice(0, index + 1);
    return line !== '' && index === -1;
  });
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

    it('has samples that can be parsed', async () => {
      const tsconfigRaw = { compilerOptions: { experimentalDecorators: true } };
      for (const { code, language } of blocks) {
        await transform(code, { loader: language === 'typescript' ? 'ts' : 'js', format: 'esm', tsconfigRaw });
      }
    });
  });
});
