import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';

const schema = JSON.parse(readFileSync(new URL('../../src/conformance/results.schema.json', import.meta.url), 'utf8'));
const ajv = new Ajv({ allErrors: true, strict: true, strictRequired: false, allowUnionTypes: true }).addSchema(schema);

/** The parts of the schema besides the results. */
export type SchemaPart = 'eventStreamCases' | 'dispatchedEvents' | 'verdictOnReport';

/** What violates the schema of results, or one of its parts, in words. The value is compared as JSON. */
export function schemaErrors(value: unknown, part?: SchemaPart): string[] {
  const validate = ajv.getSchema(`${schema.$id}${part === undefined ? '' : `#/definitions/${part}`}`)!;
  if (validate(JSON.parse(JSON.stringify(value)))) return [];
  return validate.errors!.map(({ instancePath, message }) => `${instancePath} ${message}`);
}
