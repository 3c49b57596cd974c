import { printable } from '../terminal/printable.ts';

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Escapes text for HTML and XML, including attribute values. Control characters, and others that XML does not allow, become visible. */
export function escapeMarkup(text: string): string {
  return printable(text)
    .replace(/\p{Surrogate}/gu, (character) => `\\u${character.charCodeAt(0).toString(16)}`)
    .replace(/[&<>"]/g, (character) => ENTITIES[character]!);
}
