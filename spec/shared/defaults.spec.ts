import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const SOURCE = fileURLToPath(new URL('../../src', import.meta.url));

/** The ways in which a file can give an option a default of its own. Defaults that are numbers belong in defaults.ts. */
const PATTERNS: readonly RegExp[] = [
  // const DEFAULT_TIMEOUT = …
  /\b(?:const|let)\s+DEFAULT_\w+/g,
  // timeout ?? 1000, but not a fallback to 0, which is how counts begin
  /\?\?=?\s*-?[1-9][\d_]*/g,
  // options.timeout ?? 0
  /\boptions\??\.[\w.?]+\s*\?\?=?\s*-?\d[\d_]*/g,
  // options.timeout ?? TIMEOUT
  /\?\?=?\s*(?!DEFAULT_)[A-Z][A-Z\d_]+\b/g,
  // timeout || 1000, timeout ||= 1000
  /\|\|=?\s*[1-9][\d_]*(?![\d_]|\s*[<>=&|^])/g,
  // timeout === undefined ? 1000 : timeout, timeout == null ? TIMEOUT : timeout
  /===?\s*(?:undefined|null)\s*\?\s*(?:-?[1-9][\d_]*|(?!DEFAULT_)[A-Z][A-Z\d_]+\b(?!\())/g,
  // timeout !== undefined ? timeout : 1000
  /!==?\s*(?:undefined|null)\s*\?[^:;{}]*:\s*(?:-?[1-9][\d_]*|(?!DEFAULT_)[A-Z][A-Z\d_]+\b(?!\())/g,
  // const { timeout = 1000, retries = RETRIES } = options, and parameters
  /[{,(]\s*\w+\s*=\s*(?:-?\d[\d_]*|(?!DEFAULT_)[A-Z][A-Z\d_]+\b)/g,
  // validator.milliseconds('timeout', timeout, 1000)
  /\.(?:nonNegative|limit|milliseconds)\([^()]*,\s*(?:-?\d[\d_]*|(?!DEFAULT_)[A-Z][A-Z\d_]+\b)/g,
];

function sourceFiles(): string[] {
  const files = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' });
  return files.filter((file) => file.endsWith('.ts') && file !== join('shared', 'defaults.ts'));
}

function defaultsIn(source: string): string[] {
  const code = source.replaceAll(/\/\*.*?\*\/|\/\/[^\n]*/gs, '');
  return PATTERNS.flatMap((pattern) => code.match(pattern) ?? []);
}

/** What the patterns find and what is no option's default. */
const ALLOWED: readonly string[] = [
  // CloseEventInit: WHATWG WebSockets §6.
  '{ code = 0',
  // RFC 7692 §7.1.2: a parameter that is absent stands for 15.
  '?? MAX_WINDOW_BITS',
  // The status when `verifyClient` rejects without one.
  ', code = 401',
  '|| 401',
  // An event without ports, and the first block of a queue.
  '=== undefined ? NO_PORTS',
  '=== undefined ? SMALLEST_BLOCK',
  // Assignments of the DEFLATE decoder.
  '{ left = 2',
  ', index = 0',
  '{ end = BLOCK_END',
];

describe('a default', () => {
  it('is defined in src/shared/defaults.ts only', () => {
    const files = sourceFiles();
    expect(files.length).toBeGreaterThan(50);
    const found = files.flatMap((file) => {
      const texts = defaultsIn(readFileSync(join(SOURCE, file), 'utf8')).map((text) => text.replaceAll(/\s+/g, ' '));
      return texts.filter((text) => !ALLOWED.includes(text)).map((text) => `${file}: ${text}`);
    });
    expect(found).toEqual([]);
  });

  it.each([
    'const DEFAULT_TIMEOUT = 1000;',
    'this.#timeout = options.timeout ?? 1_000;',
    'this.#timeout = options.timeout ?? 0;',
    'const timeout = given ?? 30 * 1000;',
    'timeout ??= 1000;',
    'this.#timeout = options.timeout ?? TIMEOUT;',
    'const timeout = given || 1_000;',
    'timeout ||= 1000;',
    'const timeout = given === undefined ? 1000 : given;',
    'const timeout = given == null ? TIMEOUT : given;',
    'const timeout = given !== undefined ? given : 1000;',
    'const { timeout = 1000 } = options;',
    'const {\n  headers = {},\n  timeout = 1000,\n} = options;',
    'const { timeout = TIMEOUT } = options;',
    'function wait(timeout = 1000): void {}',
    "webSocketOption.milliseconds('timeout', options.timeout, 1000)",
    "webSocketOption.limit(\n  'size',\n  options.size,\n  0,\n  'bytes',\n)",
    "eventStreamOption.nonNegative('count', options.count, MAX_COUNT)",
  ])('is found elsewhere in %j', (source) => {
    expect(defaultsIn(source)).toHaveLength(1 + Number(/options\.\w+ \?\? 1/.test(source)));
  });

  it.each([
    'this.#counts[code] = (this.#counts[code] ?? 0) + 1;',
    "webSocketOption.limit('size', options.size, DEFAULT_MAX_SIZE, 'bytes')",
    'const { timeout = DEFAULT_TIMEOUT } = options;',
    '// options.timeout ?? 1000',
    'const timeout = given === undefined ? DEFAULT_TIMEOUT : given;',
    'const bytes = text === undefined ? 0 : text.length;',
    'if (isEmpty || 1 < length) return;',
    'for (let index = 0; index < 3; index++) {}',
  ])('is not found in %j', (source) => {
    expect(defaultsIn(source)).toEqual([]);
  });
});
