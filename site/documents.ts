/** Which document is which page of the site, and in which group of the navigation it stands. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

export interface Group {
  readonly text: string;
  /** Names in docs, without `.md`. A document that no group names is in the first one. */
  readonly documents: readonly string[];
}

const GROUPS: readonly Group[] = [
  {
    text: 'Guides',
    documents: [
      'questions',
      'frameworks',
      'authentication',
      'behind-a-proxy',
      'rooms',
      'resume',
      'slow-clients',
      'streaming-tokens',
      'hub',
      'scaling',
      'security',
      'observability',
      'wire',
    ],
  },
  {
    text: 'Choose and migrate',
    documents: [
      'websocket-or-event-stream',
      'websocket-or-event-stream.zh-CN',
      'from-ws',
      'from-better-sse',
      'from-eventsource',
      'from-socket-io',
      'compatibility',
    ],
  },
  { text: 'Look up', documents: ['errors', 'limits', 'performance'] },
  { text: 'Test', documents: ['conformance', 'drive-your-client', 'event-stream-cases'] },
  { text: 'Project', documents: ['releases', 'architecture', 'decisions'] },
];

/** Documents outside of docs, and their pages. */
const OTHERS: Readonly<Record<string, string>> = {
  'README.md': 'index.md',
  'CHANGELOG.md': 'changelog.md',
  'CONTRIBUTING.md': 'contributing.md',
  'SECURITY.md': 'security-policy.md',
  'tools/README.md': 'command.md',
};

export class Documents {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  /** The pages by document, both as paths with `/`. */
  pages(): ReadonlyMap<string, string> {
    const docs = readdirSync(join(this.#root, 'docs')).filter((file) => file.endsWith('.md'));
    return new Map([...docs.map((file): [string, string] => [`docs/${file}`, file]), ...Object.entries(OTHERS)]);
  }

  read(document: string): string {
    return readFileSync(join(this.#root, document), 'utf8');
  }

  /** The first heading of a document, without its marks. */
  titleOf(document: string): string {
    return (/^# (.*)$/m.exec(this.read(document))?.[1] ?? document).replaceAll('`', '');
  }

  /** The documents by group of the navigation, those that exist. */
  groups(): readonly { readonly text: string; readonly documents: readonly string[] }[] {
    const named = new Set(GROUPS.flatMap(({ documents }) => documents));
    const others = [...this.pages().keys()]
      .filter((document) => document.startsWith('docs/'))
      .map((document) => posix.basename(document, '.md'))
      .filter((name) => !named.has(name));
    return GROUPS.map(({ text, documents }, index) => ({
      text,
      documents: [...documents, ...(index === 0 ? others : [])]
        .map((name) => `docs/${name}.md`)
        .filter((document) => existsSync(join(this.#root, document))),
    }));
  }
}

/** A link of a document: what it shows, and where it leads. Code is left out. */
export interface Link {
  readonly text: string;
  /** The path of the file from the root of the project; that of the document itself for `#anchor`. */
  readonly file: string;
  /** Without `#`; empty for none. */
  readonly anchor: string;
}

const LINK = /(!?)\[((?:[^[\]]|\[[^\]]*\])*)\]\(([^()\s]+)\)/g;
const CODE = /(^```[\s\S]*?^```|`[^`\n]*`(?!\]))/gm;

/** Replaces each link that is not absolute. */
export function replaceLinks(document: string, text: string, replace: (link: Link, source: string) => string): string {
  const links = (part: string): string =>
    part.replaceAll(LINK, (source, _image, label: string, target: string) => {
      if (/^[a-z]+:/i.test(target)) return source;
      const [path = '', anchor = ''] = target.split('#');
      const file = path === '' ? document : posix.join(posix.dirname(document), path);
      return replace({ text: label, file, anchor }, source);
    });
  return text
    .split(CODE)
    .map((part, index) => (index % 2 === 1 ? part : links(part)))
    .join('');
}
