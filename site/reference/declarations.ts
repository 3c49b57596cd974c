/** Reads the published declarations, and finds what a name stands for across files. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseAst } from 'rolldown/parseAst';

/** A node of the syntax tree. */
export interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  // biome-ignore lint/suspicious/noExplicitAny: the tree has a type for each kind of node
  readonly [property: string]: any;
}

/** Everything that one file declares under one name: a class and an interface, or a constant and a type. */
export interface Declaration {
  readonly file: DeclarationFile;
  readonly name: string;
  readonly nodes: readonly Node[];
}

/** The comment in front of each node, without its delimiters; empty if there is none. */
export function commentBefore(text: string, position: number): string {
  const [, comment = ''] = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*$/.exec(text.slice(0, position)) ?? [];
  return comment.replaceAll(/^[ \t]*\* ?/gm, '').trim();
}

const NAMED = new Set([
  'ClassDeclaration',
  'TSInterfaceDeclaration',
  'TSTypeAliasDeclaration',
  'TSDeclareFunction',
  'FunctionDeclaration',
]);

/** A file of declarations. */
export class DeclarationFile {
  readonly path: string;
  readonly text: string;
  readonly #files: Map<string, DeclarationFile>;
  /** The declarations of this file. */
  readonly #local = new Map<string, Node[]>();
  /** What this file imports: the local name, and where it comes from; null for a namespace. */
  readonly #imported = new Map<string, { readonly from: string; readonly name: string | null }>();
  /** The exported names and what they are called in this file, or in another one. */
  readonly #exported = new Map<string, { readonly from: string | null; readonly name: string }>();
  readonly #exportedFiles: string[] = [];

  constructor(path: string, files: Map<string, DeclarationFile> = new Map()) {
    this.path = path;
    this.text = readFileSync(path, 'utf8');
    this.#files = files;
    files.set(path, this);
    for (const node of parseAst(this.text, { lang: 'dts' }).body as readonly Node[]) this.#add(node);
  }

  #add(node: Node): void {
    if (node.type === 'ImportDeclaration') {
      for (const { local, imported } of node.specifiers) {
        this.#imported.set(local.name, { from: node.source.value, name: imported?.name ?? null });
      }
    } else if (node.type === 'ExportAllDeclaration') {
      this.#exportedFiles.push(node.source.value);
    } else if (node.type === 'ExportNamedDeclaration') {
      if (node.declaration !== null) {
        for (const name of this.#declare(node.declaration, node.start)) this.#exported.set(name, { from: null, name });
      }
      for (const { local, exported } of node.specifiers) {
        this.#exported.set(exported.name, { from: node.source?.value ?? null, name: local.name });
      }
    } else {
      this.#declare(node, node.start);
    }
  }

  /** Adds a declaration; its comment is in front of `start`. Returns its names. */
  #declare(node: Node, start: number): string[] {
    const names = NAMED.has(node.type)
      ? [node.id.name as string]
      : node.type === 'VariableDeclaration'
        ? node.declarations.map((declarator: Node) => declarator.id.name as string)
        : [];
    for (const name of names) {
      const nodes = this.#local.get(name) ?? [];
      nodes.push({ ...node, start });
      this.#local.set(name, nodes);
    }
    return names;
  }

  #file(specifier: string): DeclarationFile | undefined {
    if (!specifier.startsWith('.')) return undefined;
    const base = join(dirname(this.path), specifier.replace(/\.c?js$/, ''));
    const path = [`${base}.d.cts`, `${base}.d.ts`].find((candidate) => existsSync(candidate));
    if (path === undefined) return undefined;
    return this.#files.get(path) ?? new DeclarationFile(path, this.#files);
  }

  /** What a name, such as `EventMap` or `events.EventMap`, stands for in this file; undefined if it is not of this project. */
  resolve(name: string): Declaration | undefined {
    const [first, second] = name.split('.') as [string, string?];
    const nodes = this.#local.get(first);
    if (nodes !== undefined) return { file: this, name: first, nodes };
    const imported = this.#imported.get(first);
    if (imported === undefined) return undefined;
    const file = this.#file(imported.from);
    return file?.exported(imported.name ?? second ?? '');
  }

  /** What this file exports under a name. */
  exported(name: string): Declaration | undefined {
    const own = this.#exported.get(name);
    if (own?.from === null) return this.resolve(own.name);
    if (own !== undefined) return this.#file(own.from!)?.exported(own.name);
    for (const from of this.#exportedFiles) {
      const found = this.#file(from)?.exported(name);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** All names that this file exports. */
  exportedNames(): string[] {
    return [
      ...this.#exported.keys(),
      ...this.#exportedFiles.flatMap((from) => this.#file(from)?.exportedNames() ?? []),
    ].filter((name) => name !== 'default');
  }

  /** The source text of a node, on one line. */
  textOf(node: Node): string {
    return oneLine(this.text.slice(node.start, node.end));
  }
}

/** Without comments and line breaks. */
export function oneLine(code: string): string {
  return code
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .replaceAll(/\s+/g, ' ')
    .trim();
}
