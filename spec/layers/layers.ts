/**
 * Which part of the code may import which: the one place for this. `check-layers.ts` enforces it, as part of
 * `npm run lint`; `docs/architecture.md` has the same table for readers, and `spec/layers/layers.spec.ts` holds the two together.
 */
export interface Layer {
  /**
   * A folder with everything below it, the files directly in a folder (`src/*.ts`), or one file. A file belongs to the
   * most specific layer.
   */
  readonly path: string;
  /**
   * What it may import besides itself: layers, folders with all layers below them, and `pushwire`, which is the module
   * by its public name. The libraries that `tools/package.json` lists are allowed everywhere in `tools`.
   */
  readonly imports: readonly string[];
  /**
   * It does no I/O, has no clock and emits no events: of Node it imports only PURE_BUILT_INS, and of the globals it uses only
   * those in `used-globals.ts`, also indirectly.
   */
  readonly isPure?: true;
}

/** Node's modules that only compute. */
export const PURE_BUILT_INS: readonly string[] = ['buffer', 'crypto', 'querystring', 'url', 'util', 'zlib'];

export const LAYERS: readonly Layer[] = [
  { path: 'src/shared', imports: [] },

  { path: 'src/websocket/wire', imports: ['src/shared'], isPure: true },
  { path: 'src/websocket/handshake', imports: ['src/websocket/wire', 'src/shared'], isPure: true },
  { path: 'src/websocket/session', imports: ['src/websocket/handshake', 'src/websocket/wire', 'src/shared'] },
  {
    path: 'src/websocket/client',
    imports: ['src/websocket/session', 'src/websocket/handshake', 'src/websocket/wire', 'src/shared'],
  },
  {
    path: 'src/websocket/events',
    imports: ['src/websocket/session', 'src/websocket/handshake', 'src/shared'],
  },
  {
    path: 'src/websocket/*.ts',
    imports: [
      'src/websocket/events',
      'src/websocket/client',
      'src/websocket/session',
      'src/websocket/handshake',
      'src/websocket/wire',
      'src/shared',
    ],
  },
  {
    path: 'src/websocket/server',
    imports: [
      'src/websocket/*.ts',
      'src/websocket/events',
      'src/websocket/session',
      'src/websocket/handshake',
      'src/websocket/wire',
      'src/shared',
    ],
  },
  {
    path: 'src/websocket/ws-type-aliases.ts',
    imports: [
      'src/websocket/server',
      'src/websocket/*.ts',
      'src/websocket/events',
      'src/websocket/client',
      'src/websocket/session',
    ],
  },
  {
    path: 'src/websocket/index.ts',
    imports: ['src/websocket'],
  },

  { path: 'src/sse/wire', imports: ['src/shared'], isPure: true },
  { path: 'src/sse/client', imports: ['src/sse/wire', 'src/shared'] },
  { path: 'src/sse/server', imports: ['src/sse/wire', 'src/shared'] },
  { path: 'src/sse/index.ts', imports: ['src/sse'] },

  {
    path: 'src/wire.ts',
    imports: ['src/websocket/handshake', 'src/websocket/wire', 'src/sse/wire', 'src/shared'],
    isPure: true,
  },
  { path: 'src/hub', imports: ['src/websocket', 'src/sse', 'src/shared'] },
  { path: 'src/*.ts', imports: ['src/websocket/index.ts', 'src/sse/index.ts'] },

  {
    path: 'tools/src/conformance/websocket',
    imports: ['tools/src/conformance/*.ts'],
  },
  { path: 'tools/src/conformance/sse', imports: ['tools/src/conformance/*.ts'] },
  {
    path: 'tools/src/conformance/self-test',
    imports: ['tools/src/conformance/*.ts', 'tools/src/conformance/websocket', 'tools/src/conformance/sse'],
  },
  {
    path: 'tools/src/conformance/*.ts',
    imports: ['tools/src/conformance/websocket', 'tools/src/conformance/sse'],
  },
  { path: 'tools/src/compare', imports: ['tools/src/version.ts', 'tools/src/own-files.ts', 'pushwire'] },
  {
    path: 'tools/src/report',
    imports: ['tools/src/conformance', 'tools/src/compare', 'tools/src/terminal', 'tools/src/version.ts'],
  },
  {
    path: 'tools/src/commands',
    imports: [
      'tools/src/conformance',
      'tools/src/compare',
      'tools/src/report',
      'tools/src/terminal',
      'tools/src/version.ts',
      'tools/src/own-files.ts',
      'pushwire',
    ],
  },
  { path: 'tools/src/terminal', imports: [] },
  { path: 'tools/src/version.ts', imports: ['tools/src/own-files.ts'] },
  { path: 'tools/src/own-files.ts', imports: [] },
  { path: 'tools/src/*.ts', imports: ['tools/src/commands', 'tools/src/terminal', 'tools/src/version.ts'] },
];
