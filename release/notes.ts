/** The notes of a release: what CHANGELOG.md says of a version. */

/** Returns the section of a version; undefined if there is none. */
export function releaseNotes(changelog: string, version: string): string | undefined {
  const sections = changelog.split(/^## /m).slice(1);
  const section = sections.find((text) => text.split('\n', 1)[0]!.trim().split(' ')[0] === version);
  return section === undefined ? undefined : `${section.slice(section.indexOf('\n')).trim()}\n`;
}
