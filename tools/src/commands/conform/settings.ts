import type { HeaderFields } from '../../conformance/raw-connection.ts';
import type { FileSettings } from './report-files.ts';

/** A server under test. */
export interface AgentSettings {
  /** Its name in the reports. */
  readonly name: string;
  readonly url: string;
  readonly headers: HeaderFields;
  /** Patterns of the cases that it runs. Empty for all. */
  readonly only: readonly string[];
  readonly exclude: readonly string[];
}

/** Which cases run, and how. */
export interface RunSettings {
  readonly only: readonly string[];
  readonly exclude: readonly string[];
  /** What agents whose names match a pattern do not run. */
  readonly excludeFor: readonly (readonly [name: string, patterns: readonly string[]])[];
  readonly concurrency: number;
  readonly timeLimit: number;
  readonly quietLimit: number;
  /** Messages of each case that sends many; undefined for the default. */
  readonly messages: number | undefined;
  readonly files: FileSettings;
  /** Whether cases run even if the check of a server says that they cannot say anything. */
  readonly isForced: boolean;
  /** Whether cases that have a result in the file of --json do not run again. */
  readonly resumes: boolean;
}
