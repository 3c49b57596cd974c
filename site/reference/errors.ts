/** What docs/errors.md says of each error code. */

export interface ErrorDocuments {
  /** What happened, by code. */
  readonly causes: ReadonlyMap<string, string>;
  /** What to do, by code. */
  readonly cures: ReadonlyMap<string, string>;
}

export function readErrors(document: string): ErrorDocuments {
  const [happened = '', toDo = ''] = document.split(/^## What to do$/m);
  const causes = new Map<string, string>();
  for (const [, code, cause] of happened.matchAll(/^\| `(\w+_ERR_\w+)` \| ([^|]*) \|/gm)) {
    if (!causes.has(code!)) causes.set(code!, cause!);
  }
  const cures = new Map<string, string>();
  for (const [, codes, cure] of toDo.matchAll(/^\| (`\w+_ERR_[^|]*) \| (.*) \|$/gm)) {
    for (const [, code] of codes!.matchAll(/`(\w+)`/g)) cures.set(code!, cure!);
  }
  return { causes, cures };
}
