import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ENTRY_POINTS, readExports } from '../site/reference/entry-points.ts';
import { readErrors } from '../site/reference/errors.ts';
import { allMembers, commentOf, type Member } from '../site/reference/members.ts';
import { impliedComment } from '../site/reference/pages.ts';
import { referencePages } from '../site/reference/reference-pages.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const exported = readExports(join(ROOT, 'dist'));
const own = exported.flatMap(({ name, declaration }) => (declaration === undefined ? [] : [{ name, declaration }]));

/** The parts of the clients for NATS and Redis that a log uses: their packages describe them. */
const SHAPES = /^(?:Nats|NodeRedis|IoRedis)/;

function withoutComment(members: readonly Member[], isCreatedForApplications: boolean): string[] {
  return members
    .filter(
      (member) =>
        (member.kind !== 'constructor' || !isCreatedForApplications) &&
        member.comment === '' &&
        impliedComment(member) === '',
    )
    .map(({ name }) => name);
}

describe('the entry points', () => {
  it('are those of package.json', async () => {
    const { exports } = (await import('../package.json', { with: { type: 'json' } })).default;
    const paths = Object.keys(exports).filter((path) => path !== './package.json');
    expect(paths.map((path) => path.replace(/^\./, 'pushwire')).sort()).toEqual(Object.keys(ENTRY_POINTS).sort());
  });
});

describe('the published declarations', () => {
  it('say what each exported name is', () => {
    expect(own.filter(({ declaration }) => commentOf(declaration) === '').map(({ name }) => name)).toEqual([]);
  });

  it('say what each member of a class or an interface is', () => {
    const missing = own
      .filter(({ name }) => !SHAPES.test(name))
      .flatMap(({ name, declaration }) =>
        withoutComment(allMembers(declaration), /(?:Error|Event)$/.test(name)).map((member) => `${name}.${member}`),
      );
    expect(missing).toEqual([]);
  });

  it('name the default of each option that may be omitted', () => {
    const missing = own
      .filter(({ name }) => name.endsWith('Options'))
      .flatMap(({ name, declaration }) =>
        allMembers(declaration)
          .filter((member) => member.isOptional && member.members.length === 0 && !/\bDefault/.test(member.comment))
          .map((member) => `${name}.${member.name}`),
      );
    expect(missing).toEqual([]);
  });
});

describe('docs/errors.md', () => {
  it('describes what to do about each error', () => {
    const { causes, cures } = readErrors(readFileSync(join(ROOT, 'docs/errors.md'), 'utf8'));
    expect([...causes.keys()].sort()).toEqual([...cures.keys()].sort());
  });
});

describe('the reference', () => {
  const pages = referencePages(ROOT);

  it('has each exported name in its index, and each class on a page of its own', () => {
    const index = pages.get('index.md')!;
    expect(exported.filter(({ name }) => !index.includes(`\`${name}\``))).toEqual([]);
    expect([...pages.keys()]).toEqual(expect.arrayContaining(['WebSocketServer.md', 'EventStream.md', 'Hub.md']));
  });

  it('has what a class inherits, with events and the errors that it names', () => {
    const page = pages.get('WebSocket.md')!;
    expect(page).toMatch(/^\| \*\*`message`\*\*<br>`data: MessageData, isBinary: boolean` \| A message was received/m);
    expect(page).toMatch(
      /^\| \*\*`maxPayload`\*\*<br>`number` \| .*<br>Default: 16 MiB\.<br>When exceeded: the connection fails with 1009\. \|$/m,
    );
    expect(page).toMatch(/^### `addEventListener\(\)`$/m);
    expect(page).toMatch(
      /^\| \[`WS_ERR_NOT_OPEN`\]\(errors\.md#ws_err_not_open\) \| the connection is not open\.<br>Wait for .* \|$/m,
    );
  });

  it('describes in a sentence the errors with which a method rejects', () => {
    expect(pages.get('Hub.md')).toMatch(
      /^It rejects with a TypeError or RangeError with the code .* for an invalid argument/m,
    );
  });

  it('does not take a type parameter for the exported type with the same name', () => {
    for (const [name, page] of pages) {
      if (/^(?:Event(?:Stream|Channel)|Hub|MemoryLog)\.md$/.test(name)) expect(page).not.toMatch(/\[`Data`\]/);
    }
    expect(pages.get('types-of-pushwire-hub.md')).not.toMatch(/\[`Data`\]/);
  });

  it('does not take a global type, or a text, for the exported type with the same name', () => {
    expect(pages.get('EventSource.md')).toContain('AsyncGenerator<MessageEvent, void, undefined>');
    expect(pages.get('EventSource.md')).not.toContain('#messageevent');
    expect(pages.get('EventTooLargeError.md')).toContain("'Line' | 'Event'");
    expect(pages.get('EventTooLargeError.md')).not.toContain('#event)');
  });

  it('has each error code under a heading, with all causes, close codes, statuses, and what to do', () => {
    const page = pages.get('errors.md')!;
    const { causes } = readErrors(readFileSync(join(ROOT, 'docs/errors.md'), 'utf8'));
    expect([...page.matchAll(/^## `(\w+)`$/gm)].map(([, code]) => code)).toEqual([...causes.keys()].sort());
    expect(page).toContain(`
## \`WS_ERR_HANDSHAKE_TIMEOUT\`

- The application did not decide within \`handshakeTimeout\`. HTTP status: 503.
- There was no answer within \`handshakeTimeout\`.

In a client, `);
    expect(page).toMatch(/^A frame from a client is not masked\. Close code: 1002\.$/m);
    expect(page).toContain(`exceeds \`maxBackpressure\`. No Close frame is sent.`);
    expect(page).toMatch(/\(\.\.\/behind-a-proxy\.md\)/);
  });

  it('has each option with type, default and unit in one table', () => {
    expect(pages.get('options.md')).toMatch(
      /^\| \*\*`history\.age`\*\*<br>`number`<br>.*EventChannelOptions.* \| .*<br>Default: 300,000 ms\./m,
    );
  });

  it('is in docs/reference as `npm run reference` writes it', () => {
    const directory = join(ROOT, 'docs/reference');
    const committed = new Map(
      readdirSync(directory).map((file) => [file, readFileSync(join(directory, file), 'utf8')]),
    );
    const names = new Set([...pages.keys(), ...committed.keys()]);
    expect([...names].filter((name) => pages.get(name) !== committed.get(name))).toEqual([]);
  });
});
