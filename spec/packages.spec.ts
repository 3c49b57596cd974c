import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
const module = JSON.parse(read('package.json'));
const command = JSON.parse(read('tools/package.json'));

describe('the two packages', () => {
  it('have the same version, and the command depends on exactly that of the module', () => {
    expect(command.version).toBe(module.version);
    expect(command.dependencies.pushwire).toBe(module.version);
    expect(read('CHANGELOG.md')).toContain(`\n## ${module.version}\n`);
  });

  it('have the same license and the same oldest version of Node.js', () => {
    expect(read('tools/LICENSE')).toBe(read('LICENSE'));
    expect(command.license).toBe(module.license);
    expect(command.engines).toEqual(module.engines);
  });

  it('are linked: in this repository, the command gets the module that is built here', () => {
    const manifest = createRequire(join(ROOT, 'tools/package.json')).resolve('pushwire/package.json');
    expect(realpathSync(dirname(manifest))).toBe(realpathSync(ROOT));
    expect(JSON.parse(read('package-lock.json')).packages['node_modules/pushwire']).toEqual({
      resolved: '',
      link: true,
    });
  });

  it('are locked without the address of a registry', () => {
    expect(read('package-lock.json')).not.toMatch(/"resolved": "\w+:/);
  });
});

describe('the module', () => {
  it('has no dependencies, and no side effects', () => {
    expect(module.dependencies ?? {}).toEqual({});
    expect(module.peerDependencies ?? {}).toEqual({});
    expect(module.optionalDependencies ?? {}).toEqual({});
    expect(module.sideEffects).toBe(false);
  });
});

describe('bin/pushwire.js', () => {
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'pushwire-command-'));
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  });

  /** Copies the command without what is built of it. */
  function copyCommand(to: string): void {
    mkdirSync(join(directory, to), { recursive: true });
    for (const file of ['bin', 'package.json'])
      cpSync(join(ROOT, 'tools', file), join(directory, to, file), { recursive: true });
  }

  function run(to: string) {
    return spawnSync(process.execPath, [join(directory, to, 'bin/pushwire.js')], { encoding: 'utf8' });
  }

  const WRITES_BUILD = `
const { mkdirSync, writeFileSync } = require('node:fs');
for (const folder of ['dist', 'tools/dist']) mkdirSync(folder, { recursive: true });
writeFileSync('dist/index.js', '');
writeFileSync('tools/dist/main.js', 'console.log("the command")');
console.log('the build');`;

  it('builds itself once in a clone, and leaves standard output to the command', () => {
    copyCommand('tools');
    writeFileSync(join(directory, 'build.ts'), '');
    writeFileSync(join(directory, 'build.cjs'), WRITES_BUILD);
    writeFileSync(join(directory, 'package.json'), '{ "scripts": { "build": "node build.cjs" } }');
    expect(run('tools')).toMatchObject({ status: 0, stdout: 'the command\n', stderr: 'the build\n' });
    expect(run('tools')).toMatchObject({ status: 0, stdout: 'the command\n', stderr: '' });
    rmSync(join(directory, 'dist'), { recursive: true });
    expect(run('tools')).toMatchObject({ status: 0, stdout: 'the command\n', stderr: 'the build\n' });
  });

  it('exits with 1 when the build fails', () => {
    copyCommand('tools');
    writeFileSync(join(directory, 'build.ts'), '');
    writeFileSync(join(directory, 'package.json'), '{ "scripts": { "build": "node missing.cjs" } }');
    expect(run('tools')).toMatchObject({ status: 1, stdout: '' });
  });

  it('does not build where it is installed', () => {
    copyCommand('node_modules/pushwire-cli');
    const scripts = '{ "scripts": { "build": "node build.cjs" } }';
    for (const folder of ['', 'node_modules']) {
      writeFileSync(join(directory, folder, 'package.json'), scripts);
      writeFileSync(join(directory, folder, 'build.cjs'), WRITES_BUILD);
    }
    const { status, stdout, stderr } = run('node_modules/pushwire-cli');
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain('ERR_MODULE_NOT_FOUND');
  });

  it('has the commands that its README lists', () => {
    const listed = [...read('tools/README.md').matchAll(/^\| `pushwire (\w+)` \|/gm)].map(([, name]) => name);
    const { stdout } = spawnSync(process.execPath, [join(ROOT, 'tools/bin/pushwire.js'), '--help'], {
      encoding: 'utf8',
    });
    const offered = [...stdout.matchAll(/^ {2}(\w+) {2,}/gm)].map(([, name]) => name);
    expect(listed.sort()).toEqual(offered.sort());
  });
});
