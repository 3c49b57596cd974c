import { existsSync } from 'node:fs';
import { isReport } from '../../conformance/is-report.ts';
import { mergeReports, type Report, type UntestedServer } from '../../conformance/report.ts';
import { badgeOf } from '../../report/conformance/badge.ts';
import { htmlOf } from '../../report/conformance/html.ts';
import { junitOf } from '../../report/conformance/junit.ts';
import { markdownOf } from '../../report/conformance/markdown.ts';
import { printableLine } from '../../terminal/printable.ts';
import { readJsonFile } from '../arguments/read-option-file.ts';
import { UsageError } from '../arguments/usage-error.ts';
import { writeFiles } from '../arguments/write-files.ts';

/** Milliseconds between two writes of unfinished reports. */
const INTERVAL = 1_000;
/** The time between two writes, as a multiple of the time that a write takes: a report with logs is large. */
const RELIEF = 20;

/** Where to write the reports, and earlier reports to show beside this one. */
export interface FileSettings {
  readonly json: string | undefined;
  readonly html: string | undefined;
  readonly junit: string | undefined;
  readonly markdown: string | undefined;
  readonly badge: string | undefined;
  readonly earlier: readonly Report[];
}

/** Writes the reports of a run while it goes on, so that they are there however it ends. */
export class ReportFiles {
  readonly #settings: FileSettings;
  readonly #report: () => Report;
  readonly #untested: () => readonly UntestedServer[];
  #timer: NodeJS.Timeout | undefined;
  #delay: number = INTERVAL;
  #isFinal = false;
  /** The writes so far. One runs at a time, so that the latest is the last. */
  #writes: Promise<readonly string[]> = Promise.resolve([]);

  /**
   * @param report   returns all results so far
   * @param untested returns the servers whose cases did not run
   */
  constructor(settings: FileSettings, report: () => Report, untested: () => readonly UntestedServer[] = () => []) {
    this.#settings = settings;
    this.#untested = untested;
    this.#report = report;
  }

  /** Says that there are new results. They are written soon. */
  touch(): void {
    const { earlier: _, ...files } = this.#settings;
    const hasFiles = Object.values(files).some((file) => file !== undefined);
    if (this.#timer !== undefined || this.#isFinal || !hasFiles) return;
    this.#timer = setTimeout(() => void this.#writeLater(), this.#delay).unref();
  }

  /** Writes all results now. */
  save(): Promise<readonly string[]> {
    this.#writes = this.#writes.then(() => this.#write());
    return this.#writes;
  }

  /** Writes all results for the last time, and prints which files have them. */
  async finish(): Promise<void> {
    this.#isFinal = true;
    clearTimeout(this.#timer);
    const written = await this.save();
    if (written.length > 0) console.error(`pushwire: Wrote ${printableLine(written.join(', '))}`);
  }

  async #writeLater(): Promise<void> {
    const start = performance.now();
    await this.save();
    this.#delay = Math.max(INTERVAL, RELIEF * (performance.now() - start));
    this.#timer = undefined;
  }

  /**
   * Writes the files. A run without any result leaves those of an earlier run as they are, unless there are servers whose cases did
   * not run: a report for people or a build must not show that all is well. That leaves only the file of --json as it is.
   */
  async #write(): Promise<readonly string[]> {
    const { json, html, junit, markdown, badge, earlier } = this.#settings;
    const report = this.#report();
    const untested = this.#untested();
    const isEmpty = [report, ...earlier].every((one) => Object.keys(one).length === 0);
    if (isEmpty && untested.length === 0) return [];
    return writeFiles([
      [isEmpty ? undefined : json, () => `${JSON.stringify(report, null, 1)}\n`],
      [html, () => htmlOf(mergeReports([...earlier, report]), untested)],
      [junit, () => junitOf(report, untested)],
      [markdown, () => markdownOf(report, earlier, untested)],
      [badge, () => badgeOf(report, untested)],
    ]);
  }
}

/** Reads the report of an earlier run, which may not exist. @throws {UsageError} if it is not a report */
export async function readEarlierRun(file: string): Promise<Report> {
  if (!existsSync(file)) return {};
  const allowed = 'a report that --json has written, for --resume';
  const value = await readJsonFile('json', file, allowed);
  if (isReport(value)) return value;
  throw new UsageError(`--json ${file} must be ${allowed}; received other JSON`);
}
