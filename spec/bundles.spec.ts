import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build, type Plugin } from 'esbuild';
import { rolldown } from 'rolldown';
import { describe, expect, it } from 'vitest';

const run = promisify(execFile);
const root = fileURLToPath(new URL('..', import.meta.url));

interface Bundle {
  readonly code: string;
  /** The modules of which something is left. */
  readonly modules: readonly string[];
}

interface Settings {
  readonly minify?: boolean;
  /** Bundle as if package.json had no `sideEffects`. */
  readonly ignoreFlag?: boolean;
}

type Bundler = (program: string, settings?: Settings) => Promise<Bundle>;

const ignoreFlagOfEsbuild: Plugin = {
  name: 'ignore-flag',
  setup({ onResolve, resolve }) {
    onResolve({ filter: /./ }, async ({ path, pluginData, ...options }) => {
      if (pluginData === 'resolved') return;
      const resolved = await resolve(path, { ...options, pluginData: 'resolved' });
      // Bundlers know that the modules of Node have no side effects.
      return resolved.external ? resolved : { ...resolved, sideEffects: true };
    });
  },
};

// Both would follow the `paths` of tsconfig.json to the source. What is built is found as users find it.
const withEsbuild: Bundler = async (program, { minify = true, ignoreFlag = false } = {}) => {
  const { outputFiles, metafile, warnings } = await build({
    stdin: { contents: program, resolveDir: root },
    tsconfigRaw: {},
    bundle: true,
    minify,
    platform: 'node',
    format: 'esm',
    treeShaking: true,
    metafile: true,
    plugins: ignoreFlag ? [ignoreFlagOfEsbuild] : [],
    write: false,
  });
  if (!ignoreFlag) expect(warnings).toEqual([]);
  const [output] = Object.values(metafile.outputs);
  const inputs = Object.entries(output!.inputs).filter(([, { bytesInOutput }]) => bytesInOutput > 0);
  return { code: outputFiles[0]!.text, modules: inputs.map(([file]) => file) };
};

const withRolldown: Bundler = async (program, { minify = true, ignoreFlag = false } = {}) => {
  const entry = join(root, 'entry.js');
  const bundler = await rolldown({
    input: entry,
    tsconfig: false,
    platform: 'node',
    plugins: [
      {
        name: 'entry',
        resolveId: (id) => (id === entry ? id : null),
        load: (id) => (id === entry ? program : null),
        transform: () => (ignoreFlag ? { moduleSideEffects: true } : null),
      },
    ],
  });
  const { output } = await bundler.generate({ format: 'esm', minify });
  await bundler.close();
  const modules = Object.entries(output[0].modules).filter(([, { renderedLength }]) => renderedLength > 0);
  return { code: output[0].code, modules: modules.map(([file]) => file) };
};

describe.each([
  ['esbuild', withEsbuild],
  ['Rolldown', withRolldown],
] as const)('a bundle by %s', (_, bundle) => {
  // Bytes, minified. They leave room for a fix, not for a second protocol.
  it.each([
    ['encodeEvent', 'pushwire/wire', `encodeEvent({ data: 'a' })`, 2700],
    ['EventParser', 'pushwire/wire', 'new EventParser({ onEvent() {} })', 14_000],
    ['EventStream', 'pushwire/sse', 'EventStream.open', 18_050],
    ['WebSocketServer', 'pushwire/websocket', 'new WebSocketServer({ noServer: true })', 120_500],
  ])('of %s from the root is at most a tenth larger than from %s', async (name, subpath, use, maxBytes) => {
    const [fromRoot, fromSubpath] = await Promise.all(
      ['pushwire', subpath].map((from) => bundle(`import { ${name} } from '${from}';\nconsole.log(${use});\n`)),
    );
    expect(fromRoot!.code).toContain('console.log');
    expect(fromRoot!.code.length).toBeLessThanOrEqual(1.1 * fromSubpath!.code.length);
    expect(fromRoot!.code.length).toBeLessThanOrEqual(maxBytes);
  });

  // Without the flag, bundlers keep every statement of a module that may have an effect. 3000 bytes of constants may stay.
  it.each([
    ['encodeEvent', 'pushwire/wire', `encodeEvent({ data: 'a' })`],
    ['EventParser', 'pushwire/wire', 'new EventParser({ onEvent() {} })'],
    ['EventStream', 'pushwire/sse', 'EventStream.open'],
    ['EventSource', 'pushwire/sse', 'new EventSource("http://localhost")'],
    ['WebSocket', 'pushwire/websocket', 'new WebSocket("ws://localhost")'],
    ['WebSocketServer', 'pushwire/websocket', 'new WebSocketServer({ noServer: true })'],
  ])('of %s is at most 3000 bytes larger when sideEffects in package.json is ignored', async (name, subpath, use) => {
    const programs = ['pushwire', subpath].map((from) => `import { ${name} } from '${from}';\nconsole.log(${use});\n`);
    const withFlag = await bundle(programs[0]!);
    for (const program of programs) {
      const { code } = await bundle(program, { ignoreFlag: true });
      expect(code.length).toBeLessThanOrEqual(withFlag.code.length + 3000);
    }
  });

  it('of one protocol has no module of the other', async () => {
    const events = await bundle(
      `import { EventStream, EventSource } from 'pushwire'; console.log(EventStream, EventSource);`,
    );
    expect(events.modules.some((file) => /dist\/sse\b/.test(file))).toBe(true);
    expect(events.modules.filter((file) => /dist\/websocket\b/.test(file))).toEqual([]);
    const sockets = await bundle(
      `import { WebSocket, WebSocketServer } from 'pushwire'; console.log(WebSocket, WebSocketServer);`,
    );
    expect(sockets.modules.some((file) => /dist\/websocket\b/.test(file))).toBe(true);
    expect(sockets.modules.filter((file) => /dist\/sse\b/.test(file))).toEqual([]);
  });

  it('is empty when nothing that was imported is used', async () => {
    const { modules, code } = await bundle(
      `import * as all from 'pushwire'; import * as wire from 'pushwire/wire'; console.log(1);`,
    );
    expect(modules.filter((file) => file.includes('dist/'))).toEqual([]);
    expect(code.length).toBeLessThan(100);
  });

  it('of the default export has the class with its members', async () => {
    const { code } = await bundle(
      `import pushwire, { WebSocket, WebSocketServer, encodeEvent } from 'pushwire';
      export const same = [pushwire === WebSocket, pushwire.Server === WebSocketServer, pushwire.encodeEvent === encodeEvent];`,
      { minify: false },
    );
    const { same } = await import(`data:text/javascript,${encodeURIComponent(code)}`);
    expect(same).toEqual([true, true, true]);
  });
});

it('require() returns the class, with every export as a member under its own name', async () => {
  // In a process of its own, because Vitest would load the module a second time.
  const program = `
    import { createRequire } from 'node:module';
    import * as all from 'pushwire';
    const { default: defaultExport, ...named } = all;
    const required = createRequire(process.cwd() + '/program.js')('pushwire');
    const classes = Object.keys(named).filter((name) => typeof named[name] === 'function');
    console.log(JSON.stringify({
      same: [required.name, required === required.WebSocket, defaultExport === all.WebSocket],
      exports: Object.keys(named).sort(),
      members: Object.keys(required).sort(),
      constants: [required.CloseCode, all.CloseCode],
      renamed: classes.filter((name) => named[name].name !== name),
      renamedMembers: classes.filter((name) => required[name].name !== name),
    }));
  `;
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', program], { cwd: root });
  const { same, exports, members, constants, renamed, renamedMembers } = JSON.parse(stdout);
  expect(same).toEqual(['WebSocket', true, true]);
  expect(constants[0]).toEqual(constants[1]);
  // The name that browsers give the class, and another name of WebSocketServer. Functions have short names in the published code.
  const others = ['BrowserWebSocket', 'Server', 'createWebSocketStream', 'encodeComment', 'encodeEvent'];
  expect([renamed.sort(), renamedMembers.sort()]).toEqual([others, others]);
  const own = ['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED'];
  expect(members.filter((name: string) => !own.includes(name))).toEqual(exports);
});
