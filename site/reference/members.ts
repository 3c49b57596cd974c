/** The members of a class or an interface, inherited ones included. */
import { commentBefore, type Declaration, type DeclarationFile, type Node, oneLine } from './declarations.ts';

export interface Member {
  readonly kind: 'constructor' | 'property' | 'method';
  readonly name: string;
  readonly isStatic: boolean;
  readonly isReadonly: boolean;
  readonly isOptional: boolean;
  /** One for each overload: `send(data: Sendable): boolean`. Of a property, its type. */
  readonly signatures: readonly string[];
  readonly comment: string;
  /** The members of a type that is written out, such as that of the option `history`. */
  readonly members: readonly Member[];
  /** Where it is declared. */
  readonly file: DeclarationFile;
}

/** Whether one of the declarations is of this kind. */
export function isA(declaration: Declaration, type: string): boolean {
  return declaration.nodes.some((node) => node.type === type);
}

/** The comment of the first declaration that has one. */
export function commentOf({ file, nodes }: Declaration): string {
  return nodes.map(({ start }) => commentBefore(file.text, start)).find((comment) => comment !== '') ?? '';
}

function bodyOf(node: Node): readonly Node[] {
  if (node.type === 'ClassDeclaration' || node.type === 'TSInterfaceDeclaration') return node.body.body;
  const type = node.type === 'TSTypeAliasDeclaration' ? node.typeAnnotation : node;
  return type.type === 'TSTypeLiteral' ? type.members : [];
}

/** The names in `extends`, with their type arguments. */
export function basesOf({ file, nodes }: Declaration): readonly { readonly name: string; readonly text: string }[] {
  return nodes.flatMap((node) => {
    if (node.type === 'ClassDeclaration') {
      if (!node.superClass) return [];
      const { superClass, superTypeArguments } = node;
      const end = superTypeArguments?.end ?? superClass.end;
      return [{ name: file.textOf(superClass), text: oneLine(file.text.slice(superClass.start, end)) }];
    }
    if (node.type !== 'TSInterfaceDeclaration') return [];
    return node.extends.map((base: Node) => ({ name: file.textOf(base.expression), text: file.textOf(base) }));
  });
}

function typeText(file: DeclarationFile, annotation: Node | null | undefined): string {
  return annotation ? file.textOf(annotation.typeAnnotation) : 'any';
}

/** A type that is an object written out, with or without `| undefined`. */
function writtenOut(type: Node | undefined): Node | undefined {
  if (type?.type === 'TSTypeLiteral') return type;
  return type?.type === 'TSUnionType' ? type.types.find((part: Node) => part.type === 'TSTypeLiteral') : undefined;
}

function memberOf(file: DeclarationFile, node: Node): Member | undefined {
  if (node.accessibility === 'private' || node.key?.type === 'PrivateIdentifier') return undefined;
  const key = node.key === undefined ? '' : file.textOf(node.key).replace(/^'(.*)'$/, '$1');
  const name = node.computed ? `[${key}]` : key;
  const isStatic = node.static === true;
  const common = { name, isStatic, comment: commentBefore(file.text, node.start), file, members: [] };
  const isMethod = node.type === 'TSMethodSignature' || /MethodDefinition$/.test(node.type);
  if (isMethod && (node.kind === 'get' || node.kind === 'set')) {
    const type = node.kind === 'get' ? typeText(file, (node.value ?? node).returnType) : '';
    return { ...common, kind: 'property', isReadonly: true, isOptional: false, signatures: [type] };
  }
  if (isMethod) {
    const signature = oneLine(file.text.slice(node.start, node.end))
      .replace(/;$/, '')
      .replace(/^static /, '');
    const kind = node.kind === 'constructor' ? 'constructor' : 'method';
    return { ...common, kind, isReadonly: true, isOptional: node.optional === true, signatures: [signature] };
  }
  if (node.type !== 'TSPropertySignature' && !/PropertyDefinition$/.test(node.type)) return undefined;
  const object = writtenOut(node.typeAnnotation?.typeAnnotation);
  return {
    ...common,
    kind: 'property',
    isReadonly: node.readonly === true,
    isOptional: node.optional === true,
    signatures: [
      typeText(file, node.typeAnnotation)
        .replace(/^\| /, '')
        .replace(/ \| undefined$/, ''),
    ],
    members: object === undefined ? [] : mergeOverloads(bodyOf(object).flatMap((part) => memberOf(file, part) ?? [])),
  };
}

/** Overloads, and the two accessors of a property, become one member. */
function mergeOverloads(members: readonly Member[]): Member[] {
  const merged = new Map<string, Member>();
  for (const member of members) {
    const key = `${member.isStatic} ${member.name}`;
    const first = merged.get(key);
    if (first === undefined) {
      merged.set(key, member);
    } else {
      const signatures = [...first.signatures, ...member.signatures].filter((signature) => signature !== '');
      const isSetter = member.signatures[0] === '';
      merged.set(key, {
        ...first,
        signatures: isSetter ? first.signatures : signatures,
        isReadonly: first.isReadonly && !isSetter,
        comment: first.comment || member.comment,
      });
    }
  }
  return [...merged.values()];
}

/** The members that a declaration has itself. */
export function ownMembers({ file, nodes }: Declaration): Member[] {
  return mergeOverloads(nodes.flatMap((node) => bodyOf(node).flatMap((part) => memberOf(file, part) ?? [])));
}

/** What a class implements: its members have the comments of the interface. */
function implementedBy({ file, nodes }: Declaration): Declaration[] {
  return nodes.flatMap((node) =>
    (node.implements ?? []).flatMap((base: Node) => file.resolve(file.textOf(base.expression)) ?? []),
  );
}

function withComments(members: readonly Member[], declaration: Declaration): Member[] {
  const described = new Map(
    implementedBy(declaration)
      .flatMap(allMembers)
      .map((member) => [member.name, member.comment]),
  );
  return members.map((member) => ({ ...member, comment: member.comment || (described.get(member.name) ?? '') }));
}

/** The members of a declaration, and those that it inherits from this project. Its own come first. */
export function allMembers(declaration: Declaration): Member[] {
  const members = new Map<string, Member>();
  const add = (found: readonly Member[]): void => {
    for (const member of found) {
      const key = `${member.isStatic} ${member.name}`;
      if (!members.has(key)) members.set(key, member);
    }
  };
  add(withComments(ownMembers(declaration), declaration));
  for (const { name } of basesOf(declaration)) {
    const base = declaration.file.resolve(name);
    if (base !== undefined && base.nodes !== declaration.nodes) add(allMembers(base));
  }
  const alias = declaration.nodes.find(({ type }) => type === 'TSTypeAliasDeclaration')?.typeAnnotation;
  if (alias?.type === 'TSTypeReference') {
    const target = declaration.file.resolve(declaration.file.textOf(alias.typeName));
    if (target !== undefined) add(allMembers(target));
  }
  return [...members.values()];
}

/** The bases that are not of this project, such as `EventEmitter`. */
export function foreignBases(declaration: Declaration): string[] {
  return basesOf(declaration).flatMap(({ name, text }) => {
    const base = declaration.file.resolve(name);
    if (base === undefined) return [text];
    return isA(base, 'VariableDeclaration') ? [] : foreignBases(base);
  });
}

/** The interface with the events of a class, from `EventEmitter<Events>` or `TypedEmitter<Events>`. */
export function eventsOf(declaration: Declaration): Declaration | undefined {
  for (const { name, text } of basesOf(declaration)) {
    const base = declaration.file.resolve(name);
    const emitter = base === undefined ? text : base.nodes.map((node) => base.file.textOf(node)).join('\n');
    const [, events] = /\b(?:TypedEmitter|EventEmitter)<(\w+)/.exec(emitter) ?? [];
    const found = events === undefined ? undefined : (base?.file ?? declaration.file).resolve(events);
    if (found !== undefined && isA(found, 'TSInterfaceDeclaration')) return found;
    const inherited = base === undefined || isA(base, 'VariableDeclaration') ? undefined : eventsOf(base);
    if (inherited !== undefined) return inherited;
  }
  return undefined;
}
