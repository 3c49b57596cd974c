import { readFile, writeFile } from 'node:fs/promises';

/** Writes the output of a command between two marks in a document. */
export async function writeGeneratedPart(file: string | URL, command: string, text: string): Promise<void> {
  const document = await readFile(file, 'utf8');
  const mark = (name: string): string => `<!-- ${name} of \`${command}\` -->`;
  const [before, ...more] = document.split(mark('begin'));
  const after = more.join('').split(mark('end'))[1];
  if (after === undefined) throw new Error(`${file} has no part for ${command}`);
  await writeFile(file, `${before}${mark('begin')}\n\n${text}\n\n${mark('end')}${after}`);
}
