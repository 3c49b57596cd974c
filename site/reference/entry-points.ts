/** What the entry points of the module export. */
import { join } from 'node:path';
import { type Declaration, DeclarationFile } from './declarations.ts';

/** The entry points, in the order of the reference; each with its file of declarations. */
export const ENTRY_POINTS: Readonly<Record<string, string>> = {
  'pushwire/websocket': 'websocket/index.d.cts',
  'pushwire/sse': 'sse/index.d.cts',
  'pushwire/hub': 'hub/index.d.cts',
  'pushwire/hub/redis': 'hub/redis/index.d.cts',
  'pushwire/hub/nats': 'hub/nats/index.d.cts',
  'pushwire/wire': 'wire.d.cts',
  pushwire: 'index.d.ts',
};

export interface Exported {
  readonly name: string;
  /** What declares it; undefined if it is not of this project, such as AddressInfo of node:net. */
  readonly declaration: Declaration | undefined;
  /** The entry points that export it. */
  readonly entryPoints: readonly string[];
}

/** All exported names. What several entry points export under one name is one. */
export function readExports(directory: string): Exported[] {
  const files = new Map<string, DeclarationFile>();
  const found: { name: string; declaration: Declaration | undefined; entryPoints: string[] }[] = [];
  for (const [entryPoint, path] of Object.entries(ENTRY_POINTS)) {
    const file = new DeclarationFile(join(directory, path), files);
    for (const name of file.exportedNames()) {
      const declaration = file.exported(name);
      const same = found.find((other) => other.name === name && other.declaration?.nodes === declaration?.nodes);
      if (same === undefined) found.push({ name, declaration, entryPoints: [entryPoint] });
      else same.entryPoints.push(entryPoint);
    }
  }
  return found;
}
