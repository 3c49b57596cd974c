import { chmod, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { writeFiles } from '../../../src/commands/arguments/write-files.ts';

async function directory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'pushwire-files-'));
  onTestFinished(() => rm(path, { recursive: true }));
  return path;
}

it('replaces a file at once, and keeps its mode and a link to it', async () => {
  const path = await directory();
  const [file, link] = [join(path, 'a'), join(path, 'link')];
  await writeFile(file, 'old');
  await chmod(file, 0o600);
  await symlink(file, link);
  const { ino } = await stat(file);
  await writeFiles([[link, () => 'new']]);
  expect(await readFile(file, 'utf8')).toBe('new');
  const now = await stat(file);
  // Another file has taken its place: a process that is killed leaves the old one.
  expect(now.ino).not.toBe(ino);
  if (process.platform !== 'win32') expect(now.mode & 0o777).toBe(0o600);
  expect(await readdir(path)).toEqual(['a', 'link']);
});

it('creates the folder of a file, and resolves with what it has written', async () => {
  const path = await directory();
  const [file, wrong] = [join(path, 'reports', 'today', 'a'), join(path, 'file', 'b')];
  await writeFile(join(path, 'file'), '');
  const error = vi.spyOn(console, 'error').mockImplementation(() => {});
  const { exitCode } = process;
  expect(
    await writeFiles([
      [file, () => '1'],
      [wrong, () => '2'],
      [undefined, () => '3'],
    ]),
  ).toEqual([file]);
  process.exitCode = exitCode;
  error.mockRestore();
  expect(await readFile(file, 'utf8')).toBe('1');
});

it('reports a file that cannot be written once', async () => {
  const file = join(await directory(), 'file');
  await writeFile(file, '');
  const path = join(file, 'a');
  const error = vi.spyOn(console, 'error').mockImplementation(() => {});
  const { exitCode } = process;
  await writeFiles([[path, () => '1']]);
  await writeFiles([[path, () => '2']]);
  expect(process.exitCode).toBe(1);
  process.exitCode = exitCode;
  expect(error.mock.calls).toEqual([[expect.stringContaining(`pushwire: Could not write ${path}: ENOTDIR`)]]);
  error.mockRestore();
});
