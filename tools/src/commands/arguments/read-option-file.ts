import { readFile } from 'node:fs/promises';
import { printableLine } from '../../terminal/printable.ts';
import { UsageError } from './usage-error.ts';

/** Reads the file that an option names. @throws {UsageError} if it cannot be read */
export async function readOptionFile(option: string, file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new UsageError(`--${option} ${file}: ${(error as Error).message}`);
  }
}

/**
 * Reads the JSON in the file that an option names.
 *
 * @param allowed what the file must be, such as `a file of --json`
 * @throws {UsageError} if it cannot be read, or is not JSON
 */
export async function readJsonFile(option: string, file: string, allowed: string): Promise<unknown> {
  const text = (await readOptionFile(option, file)).toString();
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = printableLine((error as Error).message);
    throw new UsageError(`--${option} ${file} must be ${allowed}; received text that is not JSON (${reason})`);
  }
}
