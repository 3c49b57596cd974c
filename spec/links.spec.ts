import { existsSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { Documents, type Link, replaceLinks } from '../site/documents.ts';
import { anchorsIn } from '../site/reference/markdown.ts';
import { referencePages } from '../site/reference/reference-pages.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const documents = new Documents(ROOT);

function linksOf(document: string, text: string): Link[] {
  const links: Link[] = [];
  replaceLinks(document, text, (link, source) => {
    links.push(link);
    return source;
  });
  return links;
}

const anchors = new Map<string, ReadonlySet<string>>();

function hasAnchor(document: string, anchor: string): boolean {
  const known = anchors.get(document) ?? anchorsIn(documents.read(document));
  anchors.set(document, known);
  return known.has(anchor);
}

describe.each([...documents.pages().keys()])('%s', (document) => {
  const links = linksOf(document, documents.read(document));

  it('links only to files that exist', () => {
    expect(links.filter(({ file }) => !existsSync(join(ROOT, file))).map(({ file }) => file)).toEqual([]);
  });

  it('links only to headings that exist', () => {
    const broken = links.filter(
      ({ file, anchor }) => file.endsWith('.md') && anchor !== '' && !hasAnchor(file, anchor),
    );
    expect(broken.map(({ file, anchor }) => `${file}#${anchor}`)).toEqual([]);
  });
});

describe('the reference', () => {
  const pages = referencePages(ROOT);

  it('links only to pages and headings that exist', () => {
    const broken = [...pages].flatMap(([path, text]) =>
      linksOf(`api/${path}`, text).filter(({ file, anchor }) => {
        const page = file.startsWith('api/') ? pages.get(posix.basename(file)) : undefined;
        if (page !== undefined) return anchor !== '' && !anchorsIn(page).has(anchor);
        const document = `docs/${file}`;
        return !existsSync(join(ROOT, document)) || (anchor !== '' && !hasAnchor(document, anchor));
      }),
    );
    expect(broken).toEqual([]);
  });
});

describe('a link', () => {
  it('is found with its file from the root, and its anchor', () => {
    expect(linksOf('docs/a.md', 'See [`x`](../README.md#try-it), [y](#z) and [w](https://example.com/).')).toEqual([
      { text: '`x`', file: 'README.md', anchor: 'try-it' },
      { text: 'y', file: 'docs/a.md', anchor: 'z' },
    ]);
  });

  it('is not looked for in code', () => {
    expect(linksOf('docs/a.md', 'Not `[x](y)`.\n\n```js\na[b](c);\n```\n')).toEqual([]);
  });
});

describe('the anchor of a heading', () => {
  it('is that of GitHub: without punctuation, and with a number if it is repeated', () => {
    const text =
      '# WebSocket, or `text/event-stream`?\n\n## 连接\n\n```sh\n# not a heading\n```\n\n## Same\n\n## Same\n';
    expect([...anchorsIn(text)]).toEqual(['websocket-or-textevent-stream', '连接', 'same', 'same-1']);
  });
});
