/** Tables of options: type, default, unit, what it does, and what happens when a limit is exceeded. */
import { parseComment, splitDefault, unitOf } from './comment.ts';
import type { Declaration } from './declarations.ts';
import { code, prose } from './markdown.ts';
import { allMembers, type Member } from './members.ts';

/** An option, as a row of a table. */
export interface Option {
  readonly name: string;
  readonly type: string;
  readonly default: string;
  readonly what: string;
  readonly pastLimit: string;
}

/** The column "when exceeded" of docs/limits.md, by option. Some have the name of what they belong to in front. */
export type Limits = ReadonlyMap<string, string>;

export function readLimits(document: string): Limits {
  const limits = new Map<string, string>();
  let above = '';
  for (const [, option, past] of document.matchAll(/^\| `([\w. ]+)` \| [^|]* \| [^|]* \| ?([^|]*?) ?\|$/gm)) {
    if (past !== 'the same') above = past!;
    limits.set(option!, above);
  }
  return limits;
}

/** What docs/limits.md writes before the name of an option. */
const QUALIFIERS: Readonly<Record<string, readonly string[]>> = {
  ClientOptions: ['client '],
  EventStreamOptions: ['EventStream '],
  MemoryLogOptions: ['MemoryLog '],
  RedisLogOptions: ['RedisLog '],
  JetStreamLogOptions: ['JetStreamLog '],
};

export function optionsOf(name: string, declaration: Declaration, limits: Limits): Option[] {
  const past = (option: string): string => {
    const names = [...(QUALIFIERS[name] ?? []).map((qualifier) => qualifier + option), option];
    return limits.get(names.find((key) => limits.has(key)) ?? '') ?? '';
  };
  const rowsOf = (member: Member, prefix: string): Option[] => {
    const type = withoutParentheses(member.signatures[0] ?? '');
    const { text, default: given } = splitDefault(parseComment(member.comment).text);
    const unit = unitOf(type, text);
    const isPlainNumber = given !== undefined && /^[\d,]+$/.test(given);
    return [
      {
        name: prefix + member.name,
        type: member.members.length > 0 ? 'object' : type,
        default:
          given === undefined
            ? member.isOptional
              ? ''
              : 'required'
            : isPlainNumber && unit
              ? `${given} ${unit}`
              : given,
        what: text,
        pastLimit: past(prefix + member.name),
      },
      ...member.members.flatMap((part) => rowsOf(part, `${prefix}${member.name}.`)),
    ];
  };
  return allMembers(declaration).flatMap((member) => rowsOf(member, ''));
}

export const OPTION_HEAD = ['option', 'what it does'];

/** The type, or what has the option, is below its name: two columns fit on a screen. */
export function optionRow(option: Option, below: string = code(option.type)): string[] {
  const lines = [
    prose(option.what),
    option.default === 'required' ? 'Required.' : option.default === '' ? '' : `Default: ${prose(option.default)}.`,
    option.pastLimit === '' ? '' : `When exceeded: ${option.pastLimit}.`,
  ];
  return [`**${code(option.name)}**<br>${below}`, lines.filter((line) => line !== '').join('<br>')];
}

/** The type of a function is in parentheses if it is optional: `((socket: Socket) => boolean)`. */
function withoutParentheses(type: string): string {
  let depth = 0;
  for (const [index, character] of [...type].entries()) {
    if (character === '(') depth++;
    if (character === ')') depth--;
    if (depth === 0) return index > 0 && index === type.length - 1 ? type.slice(1, -1) : type;
  }
  return type;
}
