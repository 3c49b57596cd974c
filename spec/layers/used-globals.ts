import { isNode, type Node } from './refused-forms.ts';

/** Globals that only compute. A layer without I/O uses no others: no clock, no timer, no network, and no global object. */
const PURE_GLOBALS: ReadonlySet<string> = new Set([
  ...['undefined', 'NaN', 'Infinity', 'arguments', 'isNaN', 'isFinite', 'parseInt', 'parseFloat'],
  ...['Object', 'Array', 'Boolean', 'Number', 'BigInt', 'String', 'Symbol', 'RegExp', 'Math', 'JSON', 'Promise'],
  ...['Map', 'Set', 'WeakMap', 'WeakSet', 'WeakRef', 'Proxy', 'Reflect'],
  ...['Error', 'AggregateError', 'RangeError', 'SyntaxError', 'TypeError'],
  ...['ArrayBuffer', 'SharedArrayBuffer', 'DataView', 'Int8Array', 'Int16Array', 'Int32Array', 'BigInt64Array'],
  ...[
    'Uint8Array',
    'Uint8ClampedArray',
    'Uint16Array',
    'Uint32Array',
    'BigUint64Array',
    'Float32Array',
    'Float64Array',
  ],
  ...['encodeURI', 'encodeURIComponent', 'decodeURI', 'decodeURIComponent'],
  ...['Buffer', 'TextEncoder', 'TextDecoder', 'URL', 'URLSearchParams'],
]);

/** Syntax of TypeScript that has a value inside. All other syntax of TypeScript has types only. */
const WITH_VALUES = [
  'TSAsExpression',
  'TSSatisfiesExpression',
  'TSNonNullExpression',
  'TSTypeAssertion',
  'TSInstantiationExpression',
  'TSEnumDeclaration',
  'TSEnumBody',
  'TSEnumMember',
  'TSModuleDeclaration',
  'TSModuleBlock',
  'TSParameterProperty',
  'TSExportAssignment',
];
/** The child that names something, and refers to no variable. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  MemberExpression: ['property'],
  Property: ['key'],
  MethodDefinition: ['key'],
  PropertyDefinition: ['key'],
  AccessorProperty: ['key'],
  TSEnumMember: ['id'],
  ImportSpecifier: ['imported'],
  ExportSpecifier: ['local', 'exported'],
  ExportAllDeclaration: ['exported'],
  MetaProperty: ['meta', 'property'],
  ImportAttribute: ['key'],
  LabeledStatement: ['label'],
  BreakStatement: ['label'],
  ContinueStatement: ['label'],
};

/** The children that are declared: variables, parameters, functions, classes, and what is imported. */
const DECLARATIONS: Readonly<Record<string, readonly string[]>> = {
  VariableDeclarator: ['id'],
  FunctionDeclaration: ['id', 'params'],
  FunctionExpression: ['id', 'params'],
  ArrowFunctionExpression: ['params'],
  ClassDeclaration: ['id'],
  ClassExpression: ['id'],
  CatchClause: ['param'],
  ImportSpecifier: ['local'],
  ImportDefaultSpecifier: ['local'],
  ImportNamespaceSpecifier: ['local'],
  TSEnumDeclaration: ['id'],
  TSModuleDeclaration: ['id'],
};

/** The names that a pattern binds, such as `{ a, b: [c = 1] }`. */
function boundNames(pattern: unknown): readonly string[] {
  if (Array.isArray(pattern)) return pattern.flatMap(boundNames);
  if (!isNode(pattern)) return [];
  const { type, name, properties, value, elements, argument, left, parameter } = pattern;
  if (type === 'Identifier') return [name as string];
  return [properties, value, elements, argument, left, parameter].flatMap(boundNames);
}

function isNameOnly(node: Node, key: string): boolean {
  return NAMES[node.type]?.includes(key) === true && node.computed !== true;
}

/** A warning about a mistake in the program is allowed everywhere: it depends on nothing, and nothing depends on it. */
function isWarning({ type, object, property, computed }: Node): boolean {
  const isProcess = isNode(object) && object.type === 'Identifier' && object.name === 'process';
  return (
    type === 'MemberExpression' && isProcess && computed !== true && isNode(property) && property.name === 'emitWarning'
  );
}

/** The globals that a file uses and that do more than compute. A name that the file declares anywhere is no global. */
export function impureGlobals(program: unknown): readonly { name: string; start: number }[] {
  const declared = new Set<string>();
  const used: { name: string; start: number }[] = [];
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) {
      for (const item of value) visit(item);
    }
    if (!isNode(value) || (value.type.startsWith('TS') && !WITH_VALUES.includes(value.type))) return;
    if (isWarning(value)) return;
    if (value.type === 'Identifier') used.push({ name: value.name as string, start: value.start });
    for (const key of DECLARATIONS[value.type] ?? []) {
      for (const name of boundNames(value[key])) declared.add(name);
    }
    for (const [key, child] of Object.entries(value)) {
      if (!isNameOnly(value, key)) visit(child);
    }
  };
  visit(program);
  return used.filter(({ name }) => !declared.has(name) && !PURE_GLOBALS.has(name));
}
