/** What docs/errors.md says about each error code, and a page with a heading for each code. */
import { code as inCode, join, prose } from './markdown.ts';

export interface ErrorDocuments {
  /** What happened, by code. */
  readonly causes: ReadonlyMap<string, string>;
  /** What to do, by code. */
  readonly cures: ReadonlyMap<string, string>;
  readonly allCauses: readonly ErrorCause[];
}

/** A row about an error code: an error may have several causes. */
export interface ErrorCause {
  readonly code: string;
  readonly text: string;
  /** A close code, or the status of a response; undefined for neither. */
  readonly number: number | undefined;
}

/** What docs/errors.md says about the causes of errors, in its order. */
export function readCauses(document: string): ErrorCause[] {
  const [happened = ''] = document.split(/^## What to do$/m);
  return [...happened.matchAll(/^\| `(\w+_ERR_\w+)` \| ([^|]*) \|(?: (\d+) \|)?/gm)].map(([, code, text, number]) => ({
    code: code!,
    text: text!,
    number: number === undefined ? undefined : Number(number),
  }));
}

export function readErrors(document: string): ErrorDocuments {
  const [, toDo = ''] = document.split(/^## What to do$/m);
  const allCauses = readCauses(document);
  const causes = new Map<string, string>();
  for (const { code, text } of allCauses) {
    if (!causes.has(code)) causes.set(code, text);
  }
  const cures = new Map<string, string>();
  for (const [, codes, cure] of toDo.matchAll(/^\| (`\w+_ERR_[^|]*) \| (.*) \|$/gm)) {
    for (const [, code] of codes!.matchAll(/`(\w+)`/g)) cures.set(code!, cure!);
  }
  return { causes, cures, allCauses };
}

/** A text of docs, whose links lead to other documents, in a page of docs/reference. */
export function fromReference(text: string): string {
  return text.replaceAll('](', '](../');
}

function causeLine({ text, number }: ErrorCause): string {
  const sentence = `${text[0] === '`' ? '' : text[0]!.toUpperCase()}${text.slice(text[0] === '`' ? 0 : 1)}.`;
  if (number === undefined) return prose(sentence);
  if (number === 1006) return `${prose(sentence)} No Close frame is sent.`;
  // Close codes are greater than 999.
  return `${prose(sentence)} ${number > 999 ? 'Close code' : 'HTTP status'}: ${number}.`;
}

export function errorsPage({ causes, cures, allCauses }: ErrorDocuments): string {
  return join([
    '# All errors',
    'Every error code, with its causes, the close code or the status that the peer receives, and what to do. [Errors](../errors.md) describes how errors are reported, and lists the codes by topic.',
    ...[...causes.keys()].sort().flatMap((code) => {
      const lines = allCauses.filter((cause) => cause.code === code).map(causeLine);
      return [
        `## ${inCode(code)}`,
        lines.length === 1 ? lines[0]! : lines.map((line) => `- ${line}`).join('\n'),
        fromReference(cures.get(code) ?? ''),
      ];
    }),
  ]);
}
