import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { findPython } from '../../../../spec/support/external-programs.ts';
import { STREAM_CLIENT_CATALOGUE } from '../../../src/conformance/catalogue.ts';
import { serveCases } from '../../../src/conformance/serve-cases.ts';
import { schemaErrors } from '../results-schema.ts';
import { casesForOthers } from '../shared-cases.ts';

const document = readFileSync(new URL('../../../../docs/drive-your-client.md', import.meta.url), 'utf8');
const blocks = (language: string): string[] => {
  return [...document.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'gms'))].map(([, code]) => code!);
};
const python = findPython();

describe('docs/drive-your-client.md', () => {
  it('shows a list of cases and a report that the schema accepts', () => {
    const [cases, report] = blocks('json').map((text) => JSON.parse(text));
    expect(schemaErrors(cases, 'eventStreamCases')).toEqual([]);
    expect(schemaErrors(report, 'dispatchedEvents')).toEqual([]);
  });

  it('shows cases as they are', () => {
    for (const shown of JSON.parse(blocks('json')[0]!)) {
      const test = STREAM_CLIENT_CATALOGUE.find(({ id }) => id === shown.id);
      const { number: _, types: __, ...same } = shown;
      expect(test).toMatchObject(same);
    }
  });

  it.skipIf(python === null)('has an example in Python that passes all cases but the one that it names', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'pushwire-driver-'));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const file = join(directory, 'drive.py');
    writeFileSync(file, blocks('python')[0]!);
    const cases = casesForOthers('Python');
    let finished = 0;
    const onReport = (): void => void finished++;
    const server = await serveCases([], cases, { port: 0, host: '127.0.0.1', onReport });
    onTestFinished(() => server.close());
    await promisify(execFile)(python!, [file, `http://${server.address}`]);
    const results = Object.entries(server.report().python!);
    expect(schemaErrors(server.report())).toEqual([]);
    expect(results).toHaveLength(cases.length);
    const wrong = results.filter(([id, { behavior }]) => behavior !== 'OK' && id !== '32.1.24');
    expect(wrong.map(([id, { behavior, text }]) => [id, behavior, text])).toEqual([]);
    expect(finished).toBe(1);
  });
});
