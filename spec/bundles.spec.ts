import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { rolldown } from 'rolldown';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

interface Bundle {
  readonly code: string;
  /** The modules of which something is left. */
  readonly modules: readonly string[];
}

type Bundler = (program: string, minify?: boolean) => Promise<Bundle>;

// Both would follow the `paths` of tsconfig.json to the source. What is built is found as users find it.
const withEsbuild: Bundler = async (program, minify = true) => {
  const { outputFiles, metafile } = await build({
    stdin: { contents: program, resolveDir: root },
    tsconfigRaw: {},
    bundle: true,
    minify,
    platform: 'node',
    format: 'esm',
    treeShaking: true,
    metafile: true,
    write: false,
  });
  const [output] = Object.values(metafile.outputs);
  const inputs = Object.entries(output!.inputs).filter(([, { bytesInOutput }]) => bytesInOutput > 0);
  return { code: outputFiles[0]!.text, modules: inputs.map(([file]) => file) };
};

const withRolldown: Bundler = async (program, minify = true) => {
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
    ['encodeEvent', 'pushwire/wire', `encodeEvent({ data: 'a' })`, 2500],
    ['EventParser', 'pushwire/wire', 'new EventParser({ onEvent() {} })', 7000],
    ['EventStream', 'pushwire/sse', 'EventStream.open', 14_000],
    ['WebSocketServer', 'pushwire/websocket', 'new WebSocketServer({ noServer: true })', 75_000],
  ])('of %s from the root is at most a tenth larger than from %s', async (name, subpath, use, maxBytes) => {
    const [fromRoot, fromSubpath] = await Promise.all(
      ['pushwire', subpath].map((from) => bundle(`import { ${name} } from '${from}';\nconsole.log(${use});\n`)),
    );
    expect(fromRoot!.code).toContain('console.log');
    expect(fromRoot!.code.length).toBeLessThanOrEqual(1.1 * fromSubpath!.code.length);
    expect(fromRoot!.code.length).toBeLessThanOrEqual(maxBytes);
  });

  it('of one protocol has no module of the other', async () => {
    const events = await bundle(
      `import { EventStream, EventSource } from 'pushwire'; console.log(EventStream, EventSource);`,
    );
    expect(events.modules.some((file) => file.includes('dist/sse/'))).toBe(true);
    expect(events.modules.filter((file) => file.includes('dist/websocket/'))).toEqual([]);
    const sockets = await bundle(
      `import { WebSocket, WebSocketServer } from 'pushwire'; console.log(WebSocket, WebSocketServer);`,
    );
    expect(sockets.modules.some((file) => file.includes('dist/websocket/'))).toBe(true);
    expect(sockets.modules.filter((file) => file.includes('dist/sse/'))).toEqual([]);
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
      false,
    );
    const { same } = await import(`data:text/javascript,${encodeURIComponent(code)}`);
    expect(same).toEqual([true, true, true]);
  });
});

it('require() returns the class with its members', () => {
  const WebSocket = createRequire(import.meta.url)('pushwire');
  expect(WebSocket.name).toBe('WebSocket');
  expect(WebSocket).toBe(WebSocket.WebSocket);
  for (const name of ['Server', 'WebSocketServer', 'BrowserWebSocket', 'createWebSocketStream', 'EventStream']) {
    expect(WebSocket[name], name).toBeTypeOf('function');
  }
});
