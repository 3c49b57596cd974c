import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startNats } from './hub/engines/nats-server.ts';
import { startRedis } from './hub/engines/redis-server.ts';
import { ChildProgram } from './support/child-program.ts';
import { findNatsServer, findRedis } from './support/external-programs.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const HUB = readFileSync(join(ROOT, 'docs', 'hub.md'), 'utf8');

/** Runs the sample of docs/hub.md with this tag, as a project of a user does that has pushwire and another package. */
async function run(tag: string, otherPackage: string, documented: string, address: string): Promise<unknown> {
  const directory = mkdtempSync(join(tmpdir(), 'pushwire-engine-sample-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const link = (name: string, target: string): void => {
    const path = join(directory, 'node_modules', name);
    mkdirSync(dirname(path), { recursive: true });
    symlinkSync(target, path, 'junction');
  };
  link('pushwire', ROOT);
  link(otherPackage, join(ROOT, 'node_modules', otherPackage));
  const [, code] = new RegExp(`^\`\`\`js ${tag}\n(.*?)^\`\`\``, 'ms').exec(HUB)!;
  const file = join(directory, 'sample.mjs');
  expect(code).toContain(documented);
  writeFileSync(file, code!.replace(documented, address));
  const program = new ChildProgram(file);
  return { status: await program.ended(), output: program.output };
}

describe('the samples of docs/hub.md that publish one event', () => {
  it.runIf(findRedis() !== null)('end by themselves, with Redis', async () => {
    const { port } = await testEngine(startRedis());
    const result = await run('redis', 'redis', 'localhost:6379', `127.0.0.1:${port}`);
    expect(result).toEqual({ status: 0, output: 'published\n' });
  });

  it.runIf(findNatsServer() !== null)('end by themselves, with NATS', async () => {
    const { port } = await testEngine(startNats());
    const result = await run('nats', '@nats-io/transport-node', 'localhost:4222', `127.0.0.1:${port}`);
    expect(result).toEqual({ status: 0, output: 'published\n' });
  });
});

async function testEngine<Engine extends { end(): unknown }>(starting: Promise<Engine>): Promise<Engine> {
  const engine = await starting;
  onTestFinished(async () => void (await engine.end()));
  return engine;
}
