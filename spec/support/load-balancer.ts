import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import { freePort } from '../hub/engines/engine-process.ts';
import { findCaddy, findHaproxy, findNginx } from './external-programs.ts';

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
  caddy: {
    path: findCaddy(),
    configuration: (directory, documented) =>
      `{\nadmin unix/${adminSocket(directory)}\n}\n${documented.replace(/^127.*(?= \{$)/m, 'http://$&').replace('{\n', '{\nbind 127.0.0.1\n')}`,
    arguments: (_, file) => ['run', '--adapter', 'caddyfile', '--config', file],
  },
} as const satisfies Record<string, Program>;

/** The socket on which Caddy takes a new configuration. */
function adminSocket(directory: string): string {
  return join(directory, 'admin.sock');
}

interface RunningLoadBalancer {
  readonly port: number;
  /** Its folder for files. */
  readonly directory: string;
  readonly configuration: string;
}

/** Starts a load balancer with a configuration of a page of docs/, until the end of the test. Resolves with its port. */
export async function startLoadBalancer(
  name: keyof typeof LOAD_BALANCERS,
  processes: readonly number[],
  page = 'scaling.md',
): Promise<number> {
  return (await runLoadBalancer(name, processes, page)).port;
}

/** The same, with the configuration of this number on the page. */
export async function runLoadBalancer(
  name: keyof typeof LOAD_BALANCERS,
  processes: readonly number[],
  page: string,
  number = 0,
): Promise<RunningLoadBalancer> {
  const { path, configuration: configurationFor, arguments: argumentsFor }: Program = LOAD_BALANCERS[name];
  const directory = mkdtempSync(join(tmpdir(), `pushwire-${name}-`));
  const port = await freePort();
  const document = readFileSync(new URL(page, DOCUMENTATION), 'utf8');
  const [, documented] = [...document.matchAll(new RegExp(`^\`\`\`${name}\n(.*?)^\`\`\``, 'gms'))][number]!;
  const configuration = configurationFor(directory, withPorts(documented!, [port, ...processes]));
  const file = join(directory, `${name}.cfg`);
  writeFileSync(file, configuration);
  // Caddy writes files to the folders of its user.
  const env = { ...process.env, XDG_CONFIG_HOME: directory, XDG_DATA_HOME: directory };
  const child = spawn(path!, argumentsFor(directory, file), { stdio: ['ignore', 'pipe', 'pipe'], env });
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
  return { port, directory, configuration };
}

/** Gives a running Caddy another configuration, as `caddy reload` does. */
export async function reloadCaddy({ directory }: RunningLoadBalancer, configuration: string): Promise<void> {
  // For a socket of the file system, Caddy expects an empty host.
  const options = { socketPath: adminSocket(directory), path: '/load', method: 'POST', setHost: false };
  const sent = request({ ...options, headers: { Host: '', 'Content-Type': 'text/caddyfile' } }).end(configuration);
  const [response] = await once(sent, 'response');
  const body = await text(response);
  if (response.statusCode !== 200) throw new Error(`caddy refuses the configuration: ${body}`);
}

function withPorts(documented: string, ports: readonly number[]): string {
  return DOCUMENTED_PORTS.slice(0, ports.length).reduce(
    (text, port, index) =>
      text.replaceAll(new RegExp(`(listen |bind |127\\.0\\.0\\.1|^):?${port}\\b`, 'gm'), (_, before: string) =>
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
