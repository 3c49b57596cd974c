import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { linesNotIn } from './support/quoted-samples.ts';

const ROOT = new URL('../', import.meta.url);
const read = (file: string): string => readFileSync(new URL(file, ROOT), 'utf8');

/** The samples that `documentation.spec.ts` does not run. */
const samples = [...read('docs/authentication.md').matchAll(/^```javascript\n(.*?)^```/gms)].map(([, code]) => code!);
const EXAMPLES = ['cookie-session/server.js', 'token-subprotocol/server.js', 'ticket/server.js', 'ticket/page.js'];

describe('docs/authentication.md', () => {
  it('has a link to each example of authentication', () => {
    for (const name of ['cookie-session', 'token-subprotocol', 'ticket']) {
      expect(read('docs/authentication.md')).toContain(`](../examples/${name}/server.js)`);
    }
  });

  it.each(samples)('has samples that are lines of an example, in the same order: %#', (sample) => {
    const missing = EXAMPLES.map((file) => linesNotIn(read(`examples/${file}`), sample));
    expect(missing.sort((one, other) => one.length - other.length)[0]).toEqual([]);
  });
});
