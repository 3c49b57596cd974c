/**
 * Prepares a release: `npm run release`, after a build. Writes both packages and the notes to release/packages, and says what is
 * missing. `npm run release -- notes 0.2.0` prints the notes of a version instead.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { releaseNotes } from './notes.ts';
import { type Manifest, PACKAGES, readManifest, repositoryAddress, writePackage } from './packages.ts';

const changelog = readFileSync('CHANGELOG.md', 'utf8');

function printNotes(version: string): void {
  const notes = releaseNotes(changelog, version);
  if (notes === undefined) throw new Error(`CHANGELOG.md has no section "## ${version}"`);
  process.stdout.write(notes);
}

/** What keeps a release from being published. */
function missing(manifest: Manifest): string[] {
  return [
    ...(repositoryAddress(manifest) === undefined
      ? ['package.json needs `repository`: npm checks it for the provenance, and the links of README.md lead there']
      : []),
    ...(releaseNotes(changelog, manifest.version) === undefined
      ? [`CHANGELOG.md needs a section "## ${manifest.version}"`]
      : []),
    ...(releaseNotes(changelog, 'Unreleased') === undefined
      ? []
      : ['CHANGELOG.md has a section "## Unreleased": its entries belong to the version']),
  ];
}

function prepare(): void {
  const directory = join('release', 'packages');
  rmSync(directory, { recursive: true, force: true });
  for (const name of Object.keys(PACKAGES) as (keyof typeof PACKAGES)[]) {
    const { version } = writePackage('.', name, join(directory, name));
    console.log(`${join(directory, name)}: ${name} ${version}`);
  }
  const manifest = readManifest('.');
  const notes = releaseNotes(changelog, manifest.version);
  if (notes !== undefined) writeFileSync(join(directory, 'notes.md'), notes);
  const faults = missing(manifest);
  for (const fault of faults) console.error(`Not ready: ${fault}.`);
  if (faults.length > 0) process.exitCode = 1;
}

const [command, version] = process.argv.slice(2);
if (command === 'notes') printNotes(version ?? 'Unreleased');
else prepare();
