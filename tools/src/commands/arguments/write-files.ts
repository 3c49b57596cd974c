import { mkdir, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { printableLine } from '../../terminal/printable.ts';

/** A file to write: its path, or undefined if it was not requested, and what makes its content. */
export type OutputFile = readonly [path: string | undefined, content: () => string];

/** What has been reported. A file that is written again and again is reported once. */
const reported = new Set<string>();
let count = 0;

/**
 * Writes files, and creates their folders. Each has its old or its new content at any time, even if the process is killed. One
 * that cannot be written does not affect the others: it is reported on standard error, and the command ends with status 1. Never
 * rejects. Resolves with the paths of those that have been written.
 */
export async function writeFiles(files: readonly OutputFile[]): Promise<string[]> {
  const written: string[] = [];
  for (const [path, content] of files) {
    if (path === undefined) continue;
    try {
      await replaceFile(path, content());
      written.push(path);
    } catch (error) {
      process.exitCode = 1;
      const message = `pushwire: Could not write ${printableLine(`${path}: ${(error as Error).message}`)}`;
      if (!reported.has(path)) console.error(message);
      reported.add(path);
    }
  }
  return written;
}

async function replaceFile(path: string, content: string): Promise<void> {
  const known = await stat(path).catch(() => undefined);
  // A device or a pipe cannot be replaced.
  if (known !== undefined && !known.isFile()) return writeFile(path, content);
  // If this fails, the error of writing names the file.
  await mkdir(dirname(path), { recursive: true }).catch(() => {});
  const target = known === undefined ? path : await realpath(path);
  const temporary = `${target}.${process.pid}-${count++}.tmp`;
  try {
    await writeFile(temporary, content, known === undefined ? {} : { mode: known.mode });
    await rename(temporary, target);
  } catch {
    // For example, the folder may not be writable.
    await rm(temporary, { force: true }).catch(() => {});
    await writeFile(path, content);
  }
}
