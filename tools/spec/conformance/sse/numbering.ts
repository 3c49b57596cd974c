import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { STREAM_CLIENT_CATALOGUE, STREAM_SERVER_CATALOGUE } from '../../../src/conformance/catalogue.ts';
import { GROUPS, groupOf } from '../../../src/conformance/selection.ts';
import type { StreamClientCase } from '../../../src/conformance/sse/client-case.ts';
import type { StreamServerCase } from '../../../src/conformance/sse/server-case.ts';

/** What a number means. */
export interface Meaning {
  readonly title: string;
  readonly section: string;
  /** A checksum of what the tester sends, and of what it expects if that is data. */
  readonly checksum: string;
}

/** The file of the published numbers: no entry changes or disappears. */
export const NUMBERS_FILE: URL = new URL('numbers.json', import.meta.url);

/** The published numbers. */
export function publishedNumbers(): Record<string, Meaning> {
  return JSON.parse(readFileSync(NUMBERS_FILE, 'utf8'));
}

/** The numbers of the catalogue. The cases of a stream that is sent in several ways have one entry, such as 30.1. */
export function currentNumbers(): Record<string, Meaning> {
  const numbers: Record<string, Meaning> = {};
  for (const test of STREAM_SERVER_CATALOGUE) numbers[test.id] = meaningOf(test, [serverPart(test)]);
  const byNumber = new Map<string, StreamClientCase[]>();
  for (const test of STREAM_CLIENT_CATALOGUE) {
    const number = test.needsClient ? test.id : rowOf(test.id);
    byNumber.set(number, [...(byNumber.get(number) ?? []), test]);
  }
  for (const [number, tests] of byNumber) {
    const first = tests[0]!;
    const title = first.needsClient ? first.title : titleOfStream(first.title);
    numbers[number] = meaningOf({ ...first, title }, tests.map(clientPart));
  }
  return numbers;
}

/** The number of a stream that is sent in several ways: 30.1 for 30.1.2. */
function rowOf(id: string): string {
  return id.slice(0, id.lastIndexOf('.'));
}

/** The title of a case for parsers without the way in which the stream is sent. */
export function titleOfStream(title: string): string {
  return title.replace(/, (in segments? of .*|in one segment|split at line endings)$/, '');
}

function meaningOf({ title, section }: Omit<Meaning, 'checksum'>, parts: readonly unknown[]): Meaning {
  const checksum = createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 12);
  return { title, section, checksum };
}

function serverPart({ request, listenFor, disturbance }: StreamServerCase): unknown {
  return [typeof request === 'function' ? 'made from the first response' : request, listenFor, disturbance];
}

/** How an unusual event is judged may be corrected: it is not part of the meaning. */
function clientPart(test: StreamClientCase): unknown {
  const { id, needsClient, responses, redirectTarget, expect, requests, redirectedRequests, minGap, closeOn } = test;
  return [id, needsClient, responses, redirectTarget, expect, requests, redirectedRequests, minGap, closeOn];
}

/** A table of all numbers. */
export function numberTable(): string {
  let group = '';
  const rows = Object.entries(publishedNumbers()).flatMap(([number, { title, section }]) => {
    const row = `| ${number} | ${cell(title)} | ${cell(section)} |`;
    if (groupOf(number) === group) return [row];
    group = groupOf(number);
    return [`| **${group}** | **${cell(GROUPS[group] ?? '')}** | |`, row];
  });
  return ['| number | case | section |', '| --- | --- | --- |', ...rows].join('\n');
}

/** Escapes what Markdown would read as markup. */
export function cell(text: string): string {
  return text.replaceAll(/[|*_<\\`]/g, '\\$&');
}
