/**
 * Builds the site with the documents and the reference: `npm run docs`. VitePress is not among the packages of the project,
 * because it takes 100 MB: it is installed here when it is missing.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, extname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Documents, replaceLinks } from './documents.ts';
import { referencePages } from './reference/reference-pages.ts';

const site = fileURLToPath(new URL('.', import.meta.url));
const root = join(site, '..');
const output = join(site, 'pages');
const documents = new Documents(root);
const pages = documents.pages();

function write(path: string, text: string): void {
  mkdirSync(dirname(join(output, path)), { recursive: true });
  writeFileSync(join(output, path), text);
}

/** The examples that documents link to: each one is a page that shows the program. */
const examples = new Map<string, string>();

function pageOfExample(file: string): string | undefined {
  if (!file.startsWith('examples/') || !existsSync(join(root, file)) || !statSync(join(root, file)).isFile())
    return undefined;
  const page = `${file.replaceAll('.', '-')}.md`;
  examples.set(file, page);
  return page;
}

function pageOfReference(file: string): string | undefined {
  return file.startsWith('docs/reference/') ? `api/${posix.basename(file)}` : undefined;
}

/** Links lead to pages. A file that is not on the site is named, without a link. */
function withLinksToPages(document: string, text: string): string {
  return replaceLinks(document, text, ({ text: label, file, anchor }, source) => {
    const page = pages.get(file) ?? pageOfReference(file) ?? pageOfExample(file);
    if (page !== undefined) return `[${label}](/${page}${anchor === '' ? '' : `#${anchor}`})`;
    if (file.startsWith('docs/') && source.startsWith('!')) return `![${label}](/${file.slice('docs/'.length)})`;
    return label;
  });
}

/** Pages with wide tables: the list of headings beside them leaves too little room. */
const WIDE: ReadonlySet<string> = new Set(['errors.md', 'limits.md', 'from-ws.md', 'compatibility.md']);

function withFront(front: object, text: string): string {
  return `---\n${JSON.stringify(front)}\n---\n\n${text}`;
}

function writeDocuments(): void {
  for (const [document, page] of pages) {
    const text = withLinksToPages(document, documents.read(document));
    write(page, WIDE.has(page) ? withFront({ pageClass: 'stacked', aside: false }, text) : text);
  }
  for (const file of readdirSync(join(root, 'docs')).filter((name) => extname(name) === '.svg')) {
    mkdirSync(join(output, 'public'), { recursive: true });
    cpSync(join(root, 'docs', file), join(output, 'public', file));
  }
  for (const [path, text] of referencePages(root))
    write(`api/${path}`, withFront({ pageClass: 'api stacked', aside: path !== 'options.md' }, text));
  for (const [file, page] of examples) {
    const language = extname(file).replace(/^\.c?m?/, '');
    write(page, `# ${file}\n\n\`\`\`${language}\n${readFileSync(join(root, file), 'utf8').trim()}\n\`\`\`\n`);
  }
}

interface Item {
  readonly text: string;
  readonly link?: string;
  readonly collapsed?: boolean;
  readonly items?: readonly Item[];
}

function navigation(): readonly Item[] {
  const link = (document: string): Item => ({
    text: documents.titleOf(document),
    link: `/${pages.get(document)!.replace(/\.md$/, '')}`,
  });
  const [guides, ...groups] = documents
    .groups()
    .map(
      (group): Item => ({ text: group.text, collapsed: group.text === 'Project', items: group.documents.map(link) }),
    );
  const project = groups.pop()!;
  const reference = readdirSync(join(output, 'api'))
    .map((file) => posix.basename(file, '.md'))
    .filter((name) => !['index', 'options', 'errors'].includes(name));
  const isTypes = (name: string): boolean => name.startsWith('types-of-');
  const page = (name: string): Item => ({
    text: documents.titleOf(`site/pages/api/${name}.md`).replace(/^Types and functions of /, ''),
    link: `/api/${name}`,
  });
  return [
    guides!,
    ...groups,
    {
      text: 'API reference',
      items: [
        { text: 'All names', link: '/api/' },
        { text: 'All options', link: '/api/options' },
        { text: 'All errors', link: '/api/errors' },
        { text: 'Classes', collapsed: true, items: reference.filter((name) => !isTypes(name)).map(page) },
        { text: 'Types and functions', collapsed: true, items: reference.filter(isTypes).map(page) },
      ],
    },
    {
      text: 'Examples',
      collapsed: true,
      items: [...examples].map(([file, path]) => ({
        text: file.replace('examples/', ''),
        link: `/${path.replace(/\.md$/, '')}`,
      })),
    },
    {
      ...project,
      items: [...project.items!, ...['CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md', 'tools/README.md'].map(link)],
    },
  ];
}

function npm(...args: readonly string[]): void {
  execFileSync('npm', args, { cwd: site, stdio: 'inherit', shell: process.platform === 'win32' });
}

rmSync(output, { recursive: true, force: true });
writeDocuments();
writeFileSync(join(output, 'navigation.json'), JSON.stringify(navigation()));
const { vitepress } = JSON.parse(readFileSync(join(site, 'package.json'), 'utf8')).dependencies;
const installed = join(site, 'node_modules/vitepress/package.json');
if (!existsSync(installed) || JSON.parse(readFileSync(installed, 'utf8')).version !== vitepress) {
  npm('ci', '--no-audit', '--no-fund', '--silent', '--prefer-offline');
}
execFileSync(process.execPath, [join(site, 'node_modules/vitepress/bin/vitepress.js'), 'build', '.'], {
  cwd: site,
  stdio: 'inherit',
});
console.log('The site is in site/dist. To look at it: site/node_modules/.bin/vitepress preview site');
