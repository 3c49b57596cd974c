/** Prints which tests and cases check each requirement of the standards. `--write` writes the table to docs/conformance.md. */
import { parseArgs } from 'node:util';
import { writeGeneratedPart } from '../../../spec/support/generated-part.ts';
import { requirementTables } from './tables.ts';

const { values } = parseArgs({ options: { write: { type: 'boolean', default: false } } });
const text = requirementTables();
console.log(text);
if (values.write) {
  const document = new URL('../../../docs/conformance.md', import.meta.url);
  await writeGeneratedPart(document, 'npm run requirements -- --write', text);
}
