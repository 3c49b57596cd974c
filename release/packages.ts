/**
 * Writes both packages to folders, as they are published: what was built, and a README and a package.json for readers outside of
 * this repository.
 */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { replaceLinks } from '../site/documents.ts';

export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly repository?: string | { readonly type?: string; readonly url: string; readonly directory?: string };
  readonly files: readonly string[];
  readonly [field: string]: unknown;
}

/** The folders of the packages, from the root. */
export const PACKAGES = { pushwire: '.', 'pushwire-cli': 'tools' } as const;

export function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
}

/** Without what only this repository needs. `private` keeps `npm publish` from publishing the repository itself. */
export function publishedManifest(manifest: Manifest): Manifest {
  const {
    private: _private,
    scripts: _scripts,
    workspaces: _workspaces,
    devDependencies: _development,
    ...rest
  } = manifest;
  return rest as Manifest;
}

/** The address of the repository for browsers; undefined if package.json names none. */
export function repositoryAddress({ repository }: Manifest): string | undefined {
  const url = typeof repository === 'string' ? repository : repository?.url;
  return url?.replace(/^git\+/, '').replace(/\.git$/, '');
}

/**
 * A README as a package has it: documents are not packed, so links lead to the repository, at the tag of the version. If there is no
 * address of a repository, the files are named, without links.
 */
export function publishedReadme(document: string, text: string, manifest: Manifest): string {
  const address = repositoryAddress(manifest);
  return replaceLinks(document, text, ({ text: label, file, anchor }, source) => {
    const isPicture = source.startsWith('!');
    if (anchor !== '' && file === document) return source;
    if (address === undefined) return label.includes(file) ? label : `${label} (${file})`;
    const view = isPicture ? 'raw' : 'blob';
    const link = `[${label}](${address}/${view}/v${manifest.version}/${file}${anchor === '' ? '' : `#${anchor}`})`;
    return isPicture ? `!${link}` : link;
  });
}

/** Writes one package to a folder, which is created. Returns its manifest. */
export function writePackage(root: string, name: keyof typeof PACKAGES, directory: string): Manifest {
  const folder = join(root, PACKAGES[name]);
  const manifest = publishedManifest({ ...readManifest(folder), ...rootFields(root, PACKAGES[name]) });
  const readme = name === 'pushwire' ? 'README.md' : 'tools/README.md';
  mkdirSync(directory, { recursive: true });
  for (const file of manifest.files) cpSync(join(folder, file), join(directory, file), { recursive: true });
  cpSync(join(folder, 'LICENSE'), join(directory, 'LICENSE'));
  writeFileSync(
    join(directory, 'README.md'),
    publishedReadme(readme, readFileSync(join(root, readme), 'utf8'), manifest),
  );
  writeFileSync(join(directory, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  return manifest;
}

/** Both packages are published from the same repository: only the package.json of the root names it. */
function rootFields(root: string, directory: string): Partial<Manifest> {
  const { repository, publishConfig } = readManifest(root);
  if (repository === undefined) return { publishConfig };
  const url = typeof repository === 'string' ? repository : repository.url;
  return { publishConfig, repository: { type: 'git', url, ...(directory !== '.' && { directory }) } };
}
