/** Returns the text in memory of its own. V8 copies slices of fewer than 13 characters; longer ones are copied here. */
export function ownText(text: string): string {
  if (text.length < 13) return text;
  // Text that is not ASCII is not copied as UTF-8, which takes much longer to decode.
  const encoding = Buffer.byteLength(text) === text.length ? 'latin1' : 'utf16le';
  return Buffer.from(text, encoding).toString(encoding);
}
