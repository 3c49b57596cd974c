import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isAutobahnIndex, readAutobahnIndex } from '../../conformance/autobahn-report.ts';
import { isReport } from '../../conformance/is-report.ts';
import type { Report } from '../../conformance/report.ts';
import { readJsonFile } from './read-option-file.ts';
import { UsageError } from './usage-error.ts';

const ALLOWED = 'a file of --json, or the index.json of an Autobahn report';

/** Reads the results of an earlier `--json FILE`, or the `index.json` of an Autobahn report. @throws UsageError */
export async function readReport(file: string): Promise<Report> {
  const value = await readJsonFile('with', file, ALLOWED);
  if (isAutobahnIndex(value)) return readAutobahnIndex(value, (name) => readCase(join(dirname(file), basename(name))));
  if (isReport(value)) return value;
  throw new UsageError(`--with ${file} must be ${ALLOWED}; received other JSON`);
}

/** Reads what Autobahn says of one case. It writes one file as HTML and one as JSON; the index names either. */
async function readCase(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file.replace(/\.html$/, '.json'), 'utf8'));
  } catch {
    return undefined;
  }
}
