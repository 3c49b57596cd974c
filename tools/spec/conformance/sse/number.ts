/**
 * Prints the published numbers of the event-stream cases, and the topics of other suites. `--write` publishes the numbers of
 * new cases, and writes both tables to docs/event-stream-cases.md. Published numbers never change.
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { writeGeneratedPart } from '../../../../spec/support/generated-part.ts';
import { currentNumbers, NUMBERS_FILE, numberTable, publishedNumbers } from './numbering.ts';
import { topicTable } from './other-suites.ts';

const { values } = parseArgs({ options: { write: { type: 'boolean', default: false } } });
if (values.write) {
  const all = { ...currentNumbers(), ...publishedNumbers() };
  const inOrder = Object.entries(all).sort(([one], [other]) => one.localeCompare(other, 'en', { numeric: true }));
  await writeFile(NUMBERS_FILE, `${JSON.stringify(Object.fromEntries(inOrder), null, 2)}\n`);
}
const text = `${numberTable()}\n\n## What other suites check\n\n${topicTable()}`;
console.log(text);
if (values.write) {
  const document = new URL('../../../../docs/event-stream-cases.md', import.meta.url);
  await writeGeneratedPart(document, 'npm run numbering -- --write', text);
}
