import { printable } from '../terminal/printable.ts';

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Text without control characters and others that XML does not allow: they become visible. */
export function visible(text: string): string {
  // Most text is ASCII, and a report has much of it.
  if (/^[\t\n -~]*$/.test(text)) return text;
  return printable(text).replace(/\p{Surrogate}/gu, (character) => `\\u${character.charCodeAt(0).toString(16)}`);
}

/** Escapes text for HTML and XML, including attribute values. What `visible()` shows is shown. */
export function escapeMarkup(text: string): string {
  return visible(text).replace(/[&<>"]/g, (character) => ENTITIES[character]!);
}
