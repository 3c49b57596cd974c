const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Text as it stands in HTML and XML, in attributes, too. XML has no form for most control characters: "?" stands for them. */
export function escapeMarkup(text: string): string {
  return (
    text
      .replace(/[&<>"]/g, (character) => ENTITIES[character]!)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken away
      .replace(/[\0-\x08\x0b\x0c\x0e-\x1f]/g, '?')
  );
}
