import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { releaseNotes } from '../release/notes.ts';
import { type Manifest, PACKAGES, publishedReadme, readManifest, writePackage } from '../release/packages.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const MANIFEST: Manifest = { name: 'example', version: '1.2.3', files: [] };
const README =
  '[limits](docs/limits.md#hub), [here](#here), [there](https://example.com/)\n\n![chart](docs/chart.svg)\n';

describe('the notes of a release', () => {
  const changelog =
    '# Changelog\n\n## Unreleased\n\n- b\n\n## 1.2.3\n\n- a\n\nAll changes:\n\n- c\n\n## 1.2.2\n\n- d\n';

  it('are the section of the version', () => {
    expect(releaseNotes(changelog, '1.2.3')).toBe('- a\n\nAll changes:\n\n- c\n');
    expect(releaseNotes(changelog, 'Unreleased')).toBe('- b\n');
  });

  it('are undefined without a section', () => {
    expect(releaseNotes(changelog, '1.2')).toBeUndefined();
  });
});

describe('the README of a package', () => {
  it('has no link to files that are not in the package', () => {
    expect(publishedReadme('README.md', README, MANIFEST)).toBe(
      'limits (docs/limits.md), [here](#here), [there](https://example.com/)\n\nchart (docs/chart.svg)\n',
    );
  });

  it('links to the tag of the version if there is a repository', () => {
    const repository = { url: 'git+https://example.com/a/b.git' };
    expect(publishedReadme('README.md', README, { ...MANIFEST, repository })).toBe(
      '[limits](https://example.com/a/b/blob/v1.2.3/docs/limits.md#hub), [here](#here), [there](https://example.com/)\n\n' +
        '![chart](https://example.com/a/b/raw/v1.2.3/docs/chart.svg)\n',
    );
  });
});

describe.each(Object.keys(PACKAGES) as (keyof typeof PACKAGES)[])('%s', (name) => {
  it('is published from its own folder, without files that only the repository needs', () => {
    const directory = mkdtempSync(join(tmpdir(), 'pushwire-release-'));
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
    const manifest = writePackage(ROOT, name, directory);
    expect(readManifest(directory)).toEqual(manifest);
    expect(manifest).toMatchObject({ name, license: 'MIT', publishConfig: { access: 'public', provenance: true } });
    for (const field of ['private', 'scripts', 'workspaces', 'devDependencies'])
      expect(manifest).not.toHaveProperty(field);
    for (const file of ['LICENSE', 'README.md', ...manifest.files])
      expect(existsSync(join(directory, file))).toBe(true);
    expect(readFileSync(join(directory, 'README.md'), 'utf8')).not.toMatch(/\]\((?!https?:|#)/);
  });
});
