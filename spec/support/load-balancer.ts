import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { freePort } from '../hub/engines/engine-process.ts';
import { findHaproxy, findNginx } from './external-programs.ts';

const DOCUMENTATION = new URL('../../docs/', import.meta.url);

/** The ports in the documented configurations: of the load balancer, and of the processes. */
const DOCUMENTED_PORTS = [8080, 8081, 8082] as const;

interface Program {
  readonly path: string | null;
  configuration(directory: string, documented: string): string;
  arguments(directory: string, file: string): string[];
}

export const LOAD_BALANCERS = {
  nginx: {
    path: findNginx(),
    configuration: (directory, documented) => `daemon off;
master_process off;
pid ${directory}/nginx.pid;
events {}
http {
access_log off;
${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${directory}/${name};`).join('\n')}
${documented}}
`,
    arguments: (directory, file) => ['-p', directory, '-c', file, '-e', 'stderr'],
  },
  haproxy: {
    path: findHaproxy(),
    // Not every user may open so many files.
    configuration: (_, documented) => documented.replace('maxconn 50000', 'maxconn 100'),
    arguments: (_, file) => ['-db', '-f', file],
  },
} as const satisfies Record<string, Program>;

/** Starts a load balancer with the configuration of a page of docs/, until the end of the test. Resolves with its port. */
export async function startLoadBalancer(
  name: keyof typeof LOAD_BALANCERS,
  processes: readonly number[],
  page = 'scaling.md',
): Promise<number> {
  const { path, configuration, arguments: argumentsFor }: Program = LOAD_BALANCERS[name];
  const directory = mkdtempSync(join(tmpdir(), `pushwire-${name}-`));
  const port = await freePort();
  const text = readFileSync(new URL(page, DOCUMENTATION), 'utf8');
  const [, documented] = new RegExp(`^\`\`\`${name}\n(.*?)^\`\`\``, 'ms').exec(text)!;
  const file = join(directory, `${name}.cfg`);
  writeFileSync(file, configuration(directory, withPorts(documented!, [port, ...processes])));
  const child = spawn(path!, argumentsFor(directory, file), { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  onTestFinished(async () => {
    if (child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    }
    rmSync(directory, { recursive: true });
  });
  while (!(await isListening(port))) {
    if (child.exitCode !== null) throw new Error(`${name} has ended: ${output}`);
  }
  return port;
}

function withPorts(documented: string, ports: readonly number[]): string {
  return DOCUMENTED_PORTS.slice(0, ports.length).reduce(
    (text, port, index) =>
      text.replaceAll(new RegExp(`(listen |bind |127\\.0\\.0\\.1):?${port}\\b`, 'g'), (_, before: string) =>
        before === '127.0.0.1' ? `127.0.0.1:${ports[index]}` : `${before}127.0.0.1:${ports[index]}`,
      ),
    documented,
  );
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => setTimeout(resolve, 10, false));
  });
}
