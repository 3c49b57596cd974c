import { findProgram } from '../../tools/src/compare/installed-programs.ts';

export { CHROMIUM_ARGUMENTS, findChromium, findNginx } from '../../tools/src/compare/installed-programs.ts';

/** The curl on the path; null if there is none. */
export function findCurl(): string | null {
  return findProgram(['curl', 'curl.exe']);
}
