import { writeFile } from 'node:fs/promises';
import { printableLine } from '../../terminal/printable.ts';

/** A file to write: its path, or undefined if it was not requested, and what makes its content. */
export type OutputFile = readonly [path: string | undefined, content: () => string];

/**
 * Writes files. One that cannot be written does not affect the others: it is reported on standard error, and the command ends
 * with status 1. Never rejects.
 */
export async function writeFiles(files: readonly OutputFile[]): Promise<void> {
  for (const [path, content] of files) {
    if (path === undefined) continue;
    try {
      await writeFile(path, content());
    } catch (error) {
      process.exitCode = 1;
      console.error(`pushwire: Could not write ${printableLine(`${path}: ${(error as Error).message}`)}`);
    }
  }
}
