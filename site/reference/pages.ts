/** The pages of the reference: one for each class, one for the types of each entry point, all options, and an index. */
import { firstSentence, parseComment } from './comment.ts';
import { commentBefore, type Declaration, type DeclarationFile, oneLine } from './declarations.ts';
import { ENTRY_POINTS, type Exported } from './entry-points.ts';
import { type ErrorDocuments, errorsPage, fromReference } from './errors.ts';
import { block, code, errorCodesIn, errorLink, join, prose, slugOf, table } from './markdown.ts';
import { allMembers, commentOf, eventsOf, foreignBases, isA, type Member } from './members.ts';
import { type Limits, OPTION_HEAD, type Option, optionRow, optionsOf } from './options.ts';

/** Pages by path, such as `WebSocket.md`. */
export type Pages = ReadonlyMap<string, string>;

interface Documents extends ErrorDocuments {
  readonly limits: Limits;
}

/** The name of the page that has the types, functions and constants of an entry point. */
const typesPage = (entryPoint: string): string => `types-of-${entryPoint.replaceAll('/', '-')}.md`;

export function isClass(declaration: Declaration): boolean {
  return isA(declaration, 'ClassDeclaration');
}

export class Reference {
  readonly #exports: readonly Exported[];
  readonly #documents: Documents;
  /** The first name under which something is exported: the others are aliases. */
  readonly #names = new Map<Declaration['nodes'], string>();
  readonly #links = new Map<string, string>();

  constructor(exports: readonly Exported[], documents: Documents) {
    this.#exports = exports;
    this.#documents = documents;
    for (const { name, declaration, entryPoints } of exports) {
      if (declaration === undefined) continue;
      const first = this.#names.get(declaration.nodes);
      if (first === undefined) this.#names.set(declaration.nodes, name);
      const page = isClass(declaration) ? `${first ?? name}.md` : `${typesPage(entryPoints[0]!)}#${slugOf(name)}`;
      if (!this.#links.has(name)) this.#links.set(name, page);
    }
  }

  pages(): Pages {
    const pages = new Map<string, string>([
      ['index.md', this.#index()],
      ['options.md', this.#allOptions()],
      ['errors.md', errorsPage(this.#documents)],
    ]);
    for (const exported of this.#exports) {
      if (exported.declaration && isClass(exported.declaration) && !this.#isAlias(exported)) {
        pages.set(`${exported.name}.md`, this.#class(exported, exported.declaration));
      }
    }
    for (const entryPoint of Object.keys(ENTRY_POINTS)) {
      const page = this.#types(entryPoint);
      if (page !== '') pages.set(typesPage(entryPoint), page);
    }
    return pages;
  }

  #isAlias({ name, declaration }: Exported): boolean {
    return declaration !== undefined && this.#names.get(declaration.nodes) !== name;
  }

  /** Links to the types that pieces of code name, other than `except`. */
  #typeLinks(sources: readonly string[], except: readonly string[], file: DeclarationFile): string {
    const own = new Set([...except, ...sources.flatMap(typeParametersOf)]);
    const written =
      sources
        .join(' ')
        .replaceAll(/'[^']*'/g, '')
        .match(/\b[A-Z]\w+/g) ?? [];
    // What the file means by a name: a global type, such as MessageEvent, may have the name of an exported one.
    const names = written
      .filter((name) => !own.has(name))
      .map((name) => this.#names.get(file.resolve(name)?.nodes ?? []))
      .filter((name) => name !== undefined && !own.has(name));
    return [...new Set(names)].map((name) => `[${code(name!)}](${this.#links.get(name!)})`).join(', ');
  }

  #index(): string {
    const sections = Object.keys(ENTRY_POINTS).map((entryPoint) => {
      const rows = this.#exports
        .filter(({ entryPoints }) => entryPoints[0] === entryPoint)
        .sort((one, other) => Number(isTypeOnly(one)) - Number(isTypeOnly(other)) || (one.name < other.name ? -1 : 1))
        .map((exported) => this.#indexRow(exported));
      return rows.length === 0
        ? ''
        : join([
            `## ${entryPoint}`,
            ALSO_FROM_ROOT.has(entryPoint) ? '`pushwire` exports all of this, too.' : '',
            table(['name', 'kind', 'what'], rows),
          ]);
    });
    return join([
      '# API reference',
      'Everything that the module exports, by entry point. [All options](options.md) are on one page, and so are [all errors](errors.md).',
      "`import WebSocket from 'pushwire'` and `require('pushwire')` yield the class [`WebSocket`](WebSocket.md), with all other exports of `pushwire` as members.",
      ...sections,
    ]);
  }

  #indexRow(exported: Exported): string[] {
    const { name, declaration } = exported;
    if (declaration === undefined) return [code(name), 'type', 'The type of Node.js.'];
    const what = this.#isAlias(exported)
      ? `Another name of ${code(this.#names.get(declaration.nodes)!)}.`
      : prose(firstSentence(parseComment(commentOf(declaration)).text));
    return [`[${code(name)}](${this.#links.get(name)})`, kindOf(declaration), what];
  }

  #class({ name, entryPoints }: Exported, declaration: Declaration): string {
    const members = allMembers(declaration);
    const comment = parseComment(commentOf(declaration));
    const events = eventsOf(declaration);
    const from = entryPoints.includes('pushwire') ? 'pushwire' : entryPoints[0]!;
    const others = entryPoints.filter((entryPoint) => entryPoint !== from);
    const bases = [
      ...new Set(
        [...(events === undefined ? [] : ['EventEmitter']), ...foreignBases(declaration)].map((base) =>
          base.replace(/<.*/, ''),
        ),
      ),
    ];
    const typeParameters = sourcesOf(declaration).flatMap(typeParametersOf);
    const constructors = members.filter(({ kind }) => kind === 'constructor');
    const methods = members.filter(({ kind }) => kind === 'method');
    return join([
      `# ${name}`,
      prose(comment.text),
      block([`import { ${name} } from '${from}';`]),
      [
        others.length > 0 ? `Also exported by ${others.map(code).join(' and ')}.` : '',
        bases.length > 0 ? `It is a subclass of ${bases.map(code).join(' and ')}.` : '',
      ]
        .join(' ')
        .trim(),
      comment.typeParameters.length > 0 ? `Type parameters:\n\n${parameterList(comment.typeParameters)}` : '',
      ...(constructors.length > 0
        ? ['## Constructor', ...constructors.map((member) => this.#callable(name, member, typeParameters))]
        : []),
      this.#optionSections([...constructors, ...methods]),
      events === undefined
        ? ''
        : join(['## Events', table(['event, with the arguments of its listeners', 'when'], eventRows(events))]),
      this.#properties(members.filter(({ kind }) => kind === 'property')),
      ...(methods.length > 0 ? ['## Methods'] : []),
      ...methods.map((member) =>
        join([
          `### ${code(`${member.isStatic ? `${name}.` : ''}${member.name}()`)}`,
          this.#callable(name, member, typeParameters),
        ]),
      ),
      this.#errors([commentOf(declaration), ...members.map((member) => member.comment)]),
    ]);
  }

  #callable(name: string, member: Member, typeParameters: readonly string[]): string {
    const comment = parseComment(member.comment);
    const signatures = member.signatures.map((signature) =>
      member.kind === 'constructor'
        ? signature.replace(/^constructor/, `new ${name}`)
        : `${member.isStatic ? `${name}.` : ''}${signature}`,
    );
    const links = this.#typeLinks(signatures, [name, ...typeParameters], member.file);
    return join([
      block(signatures),
      prose(comment.text),
      parameterList(comment.parameters),
      returnLine(comment.returns),
      comment.errors.length > 0 ? `Throws:\n\n${comment.errors.map((error) => `- ${prose(error)}`).join('\n')}` : '',
      links === '' ? '' : `Types: ${links}`,
    ]);
  }

  /** The options of a constructor and of methods: each interface once. */
  #optionSections(members: readonly Member[]): string {
    const found = new Map<string, { readonly declaration: Declaration; readonly users: string[] }>();
    for (const member of members) {
      for (const [name] of member.signatures.join(' ').matchAll(/\b\w+(?:Options|Init)\b/g)) {
        const declaration = member.file.resolve(name);
        if (declaration === undefined || allMembers(declaration).length === 0) continue;
        const entry = found.get(name) ?? { declaration, users: [] };
        const user = member.kind === 'constructor' ? 'the constructor' : code(`${member.name}()`);
        if (!entry.users.includes(user)) entry.users.push(user);
        found.set(name, entry);
      }
    }
    if (found.size === 0) return '';
    return join([
      '## Options',
      ...[...found].flatMap(([name, { declaration, users }]) => [
        `### ${name}`,
        `${prose(parseComment(commentOf(declaration)).text)}${usedBy(users, commentOf(declaration))}`,
        table(
          OPTION_HEAD,
          this.#options(name, declaration).map((option) => optionRow(option)),
        ),
      ]),
    ]);
  }

  #options(name: string, declaration: Declaration): Option[] {
    return optionsOf(name, declaration, this.#documents.limits);
  }

  #properties(properties: readonly Member[]): string {
    if (properties.length === 0) return '';
    const rows = properties.map((member) => [
      nameCell(`${member.isStatic ? 'static ' : ''}${member.name}`, member.signatures[0] ?? ''),
      `${prose(parseComment(member.comment || impliedComment(member)).text)}${member.isReadonly ? ' Read-only.' : ''}`.trim(),
    ]);
    return join(['## Properties', table(['property', 'what it is'], rows)]);
  }

  #errors(comments: readonly string[]): string {
    const codes = [...new Set(comments.flatMap(errorCodesIn))];
    if (codes.length === 0) return '';
    const { causes, cures } = this.#documents;
    const rows = codes.map((name) => [
      errorLink(name),
      `${prose(causes.get(name) ?? '')}.<br>${fromReference(cures.get(name) ?? '')}`,
    ]);
    return join([
      '## Errors',
      table(['code', 'what happened, and what to do'], rows),
      'All codes: [All errors](errors.md).',
    ]);
  }

  /** The page with what an entry point exports besides classes. */
  #types(entryPoint: string): string {
    const own = this.#exports.filter(
      (exported) => exported.entryPoints[0] === entryPoint && exported.declaration && !isClass(exported.declaration),
    );
    if (own.length === 0) return '';
    return join([
      `# Types and functions of ${entryPoint}`,
      ...own
        .sort((one, other) => Number(isTypeOnly(one)) - Number(isTypeOnly(other)))
        .map(({ name, declaration }) => this.#type(name, declaration!)),
    ]);
  }

  #type(name: string, declaration: Declaration): string {
    const comment = parseComment(commentOf(declaration));
    const { nodes } = declaration;
    const isInterface = isA(declaration, 'TSInterfaceDeclaration') && !isA(declaration, 'VariableDeclaration');
    const members = isInterface ? allMembers(declaration) : [];
    const isTable = members.length > 0;
    const sources = sourcesOf(declaration);
    const constants = nodes.flatMap((node) => constantRows(declaration, node.start, node.end));
    const isOptions = name.endsWith('Options');
    const links = isTable ? '' : this.#typeLinks(sources.map(shorten), [name], declaration.file);
    return join([
      `## ${name}`,
      prose(comment.text),
      isTable || constants.length > 0 ? '' : block(sources.map(shorten)),
      parameterList([...comment.typeParameters, ...comment.parameters]),
      returnLine(comment.returns),
      comment.errors.length > 0 ? `Throws:\n\n${comment.errors.map((error) => `- ${prose(error)}`).join('\n')}` : '',
      !isTable
        ? table(['constant', 'value', 'what'], constants)
        : isOptions
          ? table(
              OPTION_HEAD,
              this.#options(name, declaration).map((option) => optionRow(option)),
            )
          : table(
              ['member', 'what it is'],
              members.flatMap((member) => memberRows(member, '')),
            ),
      links === '' ? '' : `Types: ${links}`,
    ]);
  }

  #allOptions(): string {
    const rows = this.#exports
      .filter(({ name, declaration }) => declaration !== undefined && name.endsWith('Options'))
      .filter((exported) => !this.#isAlias(exported))
      .flatMap(({ name, declaration }) =>
        this.#options(name, declaration!).map((option) => ({
          option,
          owner: `[${code(name)}](${this.#links.get(name)})`,
        })),
      );
    // The same option of several interfaces, such as maxPayload, is one row.
    const merged = new Map<string, { readonly option: Option; readonly owners: string[] }>();
    for (const { option, owner } of rows) {
      const key = JSON.stringify(option);
      const entry = merged.get(key) ?? { option, owners: [] };
      entry.owners.push(owner);
      merged.set(key, entry);
    }
    const sorted = [...merged.values()].sort((one, other) => one.option.name.localeCompare(other.option.name, 'en'));
    return join([
      '# All options',
      'Every option of every class and function, with its type and the interface that declares it. [Limits](../limits.md) lists the limits alone, and what 0 means.',
      table(
        OPTION_HEAD,
        sorted.map(({ option, owners }) => optionRow(option, `${code(option.type)}<br>${owners.join(', ')}`)),
      ),
    ]);
  }
}

const ALSO_FROM_ROOT: ReadonlySet<string> = new Set(['pushwire/websocket', 'pushwire/sse']);

/** Each part of a declaration, in one line, such as `type Data = …`. */
function sourcesOf({ file, nodes }: Declaration): string[] {
  return nodes.map((node) =>
    oneLine(file.text.slice(node.start, node.end).replace(/^(?:export )?(?:default )?(?:declare )?/, '')),
  );
}

/** The names of the type parameters that a signature or a declaration begins with: `Data` of `open<Data = string>(…)`. */
function typeParametersOf(source: string): string[] {
  const list =
    /^(?:(?:abstract|class|function|interface|new|type) )*[\w.]+<((?:[^<>]|<[^<>]*>)*)>/.exec(source)?.[1] ?? '';
  return [...list.matchAll(/(?:^|,) *(?:const )?(\w+)/g)].map(([, name]) => name!);
}

function kindOf(declaration: Declaration): string {
  if (isClass(declaration)) return 'class';
  if (isA(declaration, 'TSDeclareFunction')) return 'function';
  if (isA(declaration, 'VariableDeclaration')) {
    return /\bdeclare const \w+: new\b/.test(declaration.nodes.map((node) => declaration.file.textOf(node)).join('\n'))
      ? 'class'
      : 'constant';
  }
  return isA(declaration, 'TSInterfaceDeclaration') ? 'interface' : 'type';
}

function isTypeOnly({ declaration }: Exported): boolean {
  return declaration === undefined || /interface|type/.test(kindOf(declaration));
}

/** Which methods have these options, unless the comment names them. */
function usedBy(users: readonly string[], comment: string): string {
  const others = users.filter((user) => !comment.includes(user.replaceAll('`', '')));
  return others.length === 0 ? '' : ` Used by ${others.join(', ')}.`;
}

function returnLine(text: string | undefined): string {
  if (text === undefined) return '';
  return text.startsWith('rejects ') ? `It ${prose(text)}.` : `Returns: ${prose(text)}.`;
}

function parameterList(parameters: readonly { readonly name: string; readonly text: string }[]): string {
  return parameters.map(({ name, text }) => `- ${code(name)}: ${prose(text)}`).join('\n');
}

/** A name, and what belongs to it, such as its type, below. */
function nameCell(name: string, ...below: readonly string[]): string {
  return [`**${code(name)}**`, ...below.filter((text) => text !== '').map(code)].join('<br>');
}

function eventRows(events: Declaration): string[][] {
  return allMembers(events).map(({ name, signatures, comment }) => [
    nameCell(name, signatures[0]!.replace(/^\[(.*)\]$/, '$1')),
    prose(parseComment(comment).text),
  ]);
}

function memberRows(member: Member, prefix: string): string[][] {
  const { name, signatures, members, isOptional } = member;
  return [
    [
      nameCell(
        `${prefix}${name}${member.kind === 'method' ? '()' : isOptional ? '?' : ''}`,
        ...(members.length > 0 ? ['object'] : signatures),
      ),
      prose(parseComment(member.comment || impliedComment(member)).text),
    ],
    ...members.flatMap((part) => memberRows(part, `${prefix}${name}.`)),
  ];
}

/** What the standards say of a member whose name says it all. */
export function impliedComment({ name, signatures }: Member): string {
  if (/^\d$/.test(signatures[0] ?? '')) return 'A value of `readyState`.';
  if (/^on[a-z]+$/.test(name)) return `The listener of the event '${name.slice(2)}'.`;
  if (name === 'name') return 'The name of the class.';
  return '';
}

/** `readonly TEXT: 1;` of a constant with an object type, or that with `code` and more. */
function constantRows({ file }: Declaration, start: number, end: number): string[][] {
  const source = file.text.slice(start, end);
  if (!/^(?:export )?declare const \w+: (?:Readonly<)?\{/.test(source)) return [];
  return [...source.matchAll(/^\t(?:readonly )?(\w+): ([^{;]+);/gm)].map(({ 1: name, 2: value, index }) => [
    code(name!),
    code(value!),
    prose(parseComment(commentBefore(source, index)).text),
  ]);
}

/** Code that would fill a screen is cut. */
function shorten(source: string): string {
  return source.length > 1200 ? `${source.slice(0, 1200)} …` : source;
}
