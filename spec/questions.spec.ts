import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { Documents } from '../site/documents.ts';

const read = (file: string): string => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');

/** What every newcomer asks, and the one page that answers it. */
const QUESTIONS: Readonly<Record<string, string>> = {
  'How do I authenticate clients?': 'authentication.md',
  'How do I run it behind nginx?': 'behind-a-proxy.md',
  'How do I broadcast to a room?': 'rooms.md',
  'How do clients resume after a lost connection?': 'resume.md',
  'How do I handle slow clients?': 'slow-clients.md',
  'How do I test my own server or client?': 'conformance.md',
  'What does this error mean?': 'errors.md',
  'How do I migrate from ws?': 'from-ws.md',
  'How do I stream tokens of a language model?': 'streaming-tokens.md',
  'How do I scale out?': 'scaling.md',
};

it('the index and README.md answer the same questions, each with one page', () => {
  const links = (document: string): [string, string][] =>
    [...read(document).matchAll(/\[([^\]]*\?)\]\((?:docs\/)?([^)]+)\)/g)].map(([, question, page]) => [
      question!,
      page!,
    ]);
  expect(links('docs/questions.md')).toEqual(Object.entries(QUESTIONS));
  expect(links('README.md')).toEqual(Object.entries(QUESTIONS));
});

/** The spec that runs the samples of a language. */
const RUN_BY: Readonly<Record<string, string>> = {
  js: 'documentation.spec.ts',
  nginx: 'load-balancers.spec.ts',
  sh: 'documented-commands.spec.ts',
};

it.each(Object.entries(QUESTIONS))('%s', (_, page) => {
  const text = read(`docs/${page}`);
  expect(text).toMatch(/^# \S/);
  const languages = [...text.matchAll(/^```(\w+)/gm)].map(([, language]) => language!);
  const runningSpecs = languages.flatMap((language) => RUN_BY[language] ?? []);
  expect(runningSpecs).not.toEqual([]);
  expect(runningSpecs.filter((spec) => !existsSync(new URL(spec, import.meta.url)))).toEqual([]);
});

it('are pages of the site, in its navigation', () => {
  const documents = new Documents(fileURLToPath(new URL('..', import.meta.url)));
  const inNavigation = documents.groups().flatMap((group) => group.documents);
  expect(inNavigation).toEqual(expect.arrayContaining(Object.values(QUESTIONS).map((page) => `docs/${page}`)));
});
