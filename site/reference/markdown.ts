/** Text of comments, and code, as Markdown that VitePress and GitHub show alike. */

/** The anchor of a heading, as GitHub makes it. */
export function slugOf(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replaceAll(/<[^>]*>|[^\p{L}\p{N}\p{M} _-]/gu, '')
    .replaceAll(' ', '-');
}

/** The anchors of a document. A heading that is repeated has a number. */
export function anchorsIn(text: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const [, heading] of text.replaceAll(/^```[\s\S]*?^```/gm, '').matchAll(/^#{1,6} +(.*)$/gm)) {
    const slug = slugOf(heading!.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1'));
    let anchor = slug;
    for (let number = 1; anchors.has(anchor); number++) anchor = `${slug}-${number}`;
    anchors.add(anchor);
  }
  return anchors;
}

const CODE_OF_ERROR = /\b(?:WS|SSE|HUB)_ERR_[A-Z\d_]+\b/g;

/** The error codes that a text names. */
export function errorCodesIn(text: string): string[] {
  return text.match(CODE_OF_ERROR) ?? [];
}

export function errorLink(code: string): string {
  return `[\`${code}\`](errors.md#${code.toLowerCase()})`;
}

/** The text of a comment: what is not code is escaped, and error codes and documents are links. */
export function prose(text: string): string {
  return text
    .split(/(`[^`]*`)/)
    .map((part) =>
      part.startsWith('`')
        ? part.replace(/^`((?:WS|SSE|HUB)_ERR_[A-Z\d_]+)`$/, (_, code) => errorLink(code))
        : part
            .replaceAll('<', '&lt;')
            .replaceAll('{{', '{\u200b{')
            .replaceAll(/[*[\]]/g, '\\$&')
            .replaceAll(CODE_OF_ERROR, errorLink)
            .replaceAll(/\bdocs\/([\w-]+)\.md\b/g, '[docs/$1.md](../$1.md)'),
    )
    .join('');
}

export function code(text: string): string {
  return `\`${text}\``;
}

export function block(lines: readonly string[]): string {
  return `\`\`\`ts\n${lines.join('\n')}\n\`\`\``;
}

/** A table; nothing without rows, and no column that is empty in all of them. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const used = head.map((_, column) => rows.some((row) => row[column] !== ''));
  const line = (cells: readonly string[]): string =>
    `| ${cells
      .filter((_, column) => used[column])
      .map((cell) => cell.replaceAll('|', '\\|').replaceAll(/\s*\n\s*/g, ' '))
      .join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Parts of a page, with an empty line between two. */
export function join(parts: readonly string[]): string {
  return `${parts
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .join('\n\n')}\n`;
}
