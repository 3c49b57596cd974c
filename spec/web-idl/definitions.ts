/** The Web IDL of the standards, as far as the classes of pushwire implement it. */
import webref from '@webref/idl';

/** A type: its name, or the types of a union. */
interface IdlType {
  readonly idlType: string | readonly IdlType[];
  readonly generic: string;
  readonly nullable: boolean;
}

interface Argument {
  readonly name: string;
  readonly optional: boolean;
  readonly variadic: boolean;
}

/** What a dictionary member without a value has. */
interface Default {
  readonly type: 'string' | 'number' | 'boolean' | 'null' | 'sequence' | 'dictionary';
  readonly value: unknown;
}

/** A member of an interface or of a dictionary. */
interface Member {
  readonly type: 'constructor' | 'const' | 'attribute' | 'operation' | 'field';
  readonly name: string;
  readonly idlType: IdlType;
  readonly arguments: readonly Argument[];
  readonly readonly: boolean;
  readonly value: { readonly value: string };
  readonly default: Default | null;
}

interface Definition {
  readonly type: 'interface' | 'dictionary';
  readonly name: string;
  readonly inheritance: string | null;
  readonly members: readonly Member[];
}

const files = await webref.listAll();
const definitions = (
  await Promise.all(['dom', 'html', 'websockets'].map((name) => files[name]!.parse() as Promise<Definition[]>))
).flat();

function definition(type: Definition['type'], name: string): Definition {
  const found = definitions.find((candidate) => candidate.type === type && candidate.name === name);
  if (found === undefined) throw new Error(`No ${type} ${name}`);
  return found;
}

/** The length of a function with these arguments: how many of them are required (Web IDL §3.7.7). */
export function requiredCount(list: readonly Argument[]): number {
  return list.filter(({ optional, variadic }) => !optional && !variadic).length;
}

export interface Interface {
  readonly name: string;
  readonly parent: string;
  /** The arguments of the constructor. */
  readonly parameters: readonly Argument[];
  readonly constants: readonly { readonly name: string; readonly value: number }[];
  readonly attributes: readonly { readonly name: string; readonly isReadOnly: boolean }[];
  readonly operations: readonly { readonly name: string; readonly parameters: readonly Argument[] }[];
}

export function interfaceOf(name: string): Interface {
  const { members, inheritance } = definition('interface', name);
  const of = (type: Member['type']): Member[] => members.filter((member) => member.type === type);
  return {
    name,
    parent: inheritance!,
    parameters: of('constructor')[0]!.arguments,
    constants: of('const').map((member) => ({ name: member.name, value: Number(member.value.value) })),
    attributes: of('attribute').map((member) => ({ name: member.name, isReadOnly: member.readonly })),
    operations: of('operation').map((member) => ({ name: member.name, parameters: member.arguments })),
  };
}

export interface DictionaryMember {
  readonly name: string;
  /** The type, such as `unsigned short` or `sequence<MessagePort>`. */
  readonly type: string;
  /** The value of a member that is missing; undefined if it has none. */
  readonly default: unknown;
}

/** The members of a dictionary in the order in which they are read: those of the parents first (Web IDL §3.2.17). */
export function dictionaryMembers(name: string): DictionaryMember[] {
  const { inheritance, members } = definition('dictionary', name);
  const own = members.map((member) => ({
    name: member.name,
    type: typeName(member.idlType),
    default: defaultValue(member.default),
  }));
  own.sort((a, b) => (a.name < b.name ? -1 : 1));
  return inheritance === null ? own : [...dictionaryMembers(inheritance), ...own];
}

function typeName({ generic, idlType, nullable }: IdlType): string {
  const name = typeof idlType === 'string' ? idlType : idlType.map(typeName).join(' or ');
  return (generic === '' ? name : `${generic}<${name}>`) + (nullable ? '?' : '');
}

function defaultValue(value: Default | null): unknown {
  switch (value?.type) {
    case 'number':
      return Number(value.value);
    case 'null':
      return null;
    case 'sequence':
      return [];
    default:
      return value?.value;
  }
}
