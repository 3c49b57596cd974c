import { execFileSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** The time of the last change of a file in the folder, in milliseconds; null if there is no such folder. */
function lastChange(folder: string): number | null {
  try {
    const files = readdirSync(`${root}${folder}`, { recursive: true, withFileTypes: true }).filter((one) =>
      one.isFile(),
    );
    return Math.max(...files.map(({ parentPath, name }) => statSync(`${parentPath}/${name}`).mtimeMs));
  } catch {
    return null;
  }
}

/**
 * Builds both packages if `dist` is missing or older than the source. The specs of the command, the code samples of the
 * documents and the examples run the built files.
 */
export default function buildIfOutdated(): void {
  for (const directory of ['', 'tools/']) {
    const [built, source] = [lastChange(`${directory}dist`), lastChange(`${directory}src`)];
    if (built !== null && source !== null && built >= source) continue;
    console.log(`${directory}dist is ${built === null ? 'missing' : 'older than its source'}: npm run build`);
    execFileSync(process.execPath, ['--import', 'tsx', 'build.ts'], { cwd: root, stdio: 'inherit' });
    return;
  }
}
