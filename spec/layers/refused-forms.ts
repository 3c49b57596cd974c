/**
 * The forms that can bring in another file besides import declarations and `import()`. No file needs them, so they are
 * refused whatever they bring in, rather than followed.
 */
export interface Node {
  readonly type: string;
  readonly start: number;
  readonly [property: string]: unknown;
}

interface Comment {
  readonly type: 'Line' | 'Block';
  readonly value: string;
  readonly start: number;
}

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as Node).type === 'string';
}

/** The text of a literal, or of a template without expressions. */
export function textOf(node: Node): string | undefined {
  if (typeof node.value === 'string') return node.value;
  if (node.type !== 'TemplateLiteral' || (node.expressions as Node[]).length > 0) return undefined;
  return (node.quasis as { value: { cooked: string } }[])[0]!.value.cooked;
}

/** Names of functions that load a module or run a text. They are refused under every object and as a variable. */
const LOADERS = ['require', 'createRequire', 'getBuiltinModule', 'eval', 'Function'];
/** The properties of `import.meta` that only name the file itself. */
const OWN_LOCATION = ['url', 'dirname', 'filename'];

/** The refused form that this node is; undefined if it is none. */
export function refusedForm(node: Node, parent: Node | undefined): string | undefined {
  switch (node.type) {
    case 'Identifier':
      return LOADERS.includes(node.name as string) ? (node.name as string) : undefined;
    case 'MemberExpression': {
      const name = textOf(node.property as Node);
      return node.computed && name !== undefined && LOADERS.includes(name) ? name : undefined;
    }
    case 'MetaProperty': {
      const name = parent?.type === 'MemberExpression' ? propertyName(parent) : undefined;
      if ((node.meta as Node).name !== 'import' || (name !== undefined && OWN_LOCATION.includes(name)))
        return undefined;
      return name === undefined ? 'import.meta as a value' : `import.meta.${name}`;
    }
    case 'TSExternalModuleReference':
      return 'import … = require()';
    case 'TSImportType':
      return `import('${textOf(node.source as Node)}') in a type`;
    case 'TSModuleDeclaration':
      if (node.kind === 'global') return 'declare global';
      return (node.id as Node).type === 'Literal' ? 'declare module' : undefined;
    default:
      return undefined;
  }
}

function propertyName({ computed, property }: Node): string | undefined {
  return computed ? textOf(property as Node) : ((property as Node).name as string);
}

/** The refused forms in comments, with their positions. */
export function refusedComments(comments: readonly Comment[]): readonly { start: number; form: string }[] {
  return comments.flatMap(({ type, value, start }) => {
    if (type === 'Line') return /^\/\s*<(reference|amd-)/i.test(value) ? [{ start, form: '<reference>' }] : [];
    const types = value.matchAll(/\bimport\s*\(\s*['"`]|@import\b|@jsxImportSource\b/g);
    return [...types].map(({ index }) => ({ start: start + 2 + index, form: 'an import in a comment' }));
  });
}
