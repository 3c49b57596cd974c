import { ALL_CASES } from '../../conformance/catalogue.ts';
import { selectCases } from '../../conformance/selection.ts';
import { UsageError } from '../arguments/usage-error.ts';

/** What is tested: servers at URLs, or clients that connect to this command. */
type Subject = 'servers' | 'clients';

/** The options that have an effect for one of the two only. */
const OPTIONS_OF: Readonly<Record<Subject, readonly string[]>> = {
  servers: ['header', 'origin', 'protocol', 'agent', 'concurrency', 'force', 'quiet-limit'],
  clients: ['host', 'allow-host', 'tls', 'cert', 'key', 'shutdown-on-complete'],
};

/** Checks that no option would be ignored. @throws UsageError */
export function refuseIneffective(values: Readonly<Record<string, unknown>>, subject: Subject): void {
  const other = subject === 'servers' ? 'clients' : 'servers';
  const useless = OPTIONS_OF[other].find((name) => isGiven(values[name]));
  if (useless === undefined) return;
  throw new UsageError(
    other === 'clients' ? `--${useless} requires --serve` : `--${useless} cannot be used with --serve`,
  );
}

const OPTIONS_OF_SELF_TEST: readonly string[] = ['self-test', 'only', 'exclude', 'concurrency'];

/** Checks that --self-test has no option that it would ignore. @throws UsageError */
export function refuseBesideSelfTest(values: Readonly<Record<string, unknown>>): void {
  const useless = Object.keys(values).find((name) => isGiven(values[name]) && !OPTIONS_OF_SELF_TEST.includes(name));
  if (useless !== undefined) throw new UsageError(`--${useless} cannot be used with --self-test`);
}

function isGiven(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== false;
}

/** The patterns in the values of an option, separated by commas. @throws {UsageError} if one matches no case at all */
export function patternsOf(option: string, values: readonly string[]): readonly string[] {
  const patterns = values.flatMap((value) => value.split(',')).map((pattern) => pattern.trim());
  const useless = patterns.find((pattern) => selectCases(ALL_CASES, [pattern], []).length === 0);
  if (useless === undefined) return patterns;
  throw new UsageError(`--${option} "${useless}" matches no case (--list shows all cases)`);
}
