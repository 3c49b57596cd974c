import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** In milliseconds. */
const START_TIMEOUT = 5_000;
const POLL_INTERVAL = 10;

/** The paths in the configuration below, one for each way to forward to the server. */
export const NGINX_PATHS = { defaults: '/default', unbuffered: '/unbuffered', upgrading: '/upgrading' } as const;

/** An nginx in front of a server of this machine, with its files in a temporary directory. */
export class Nginx {
  readonly port: number;
  readonly #process: ChildProcess;
  readonly #directory: string;

  private constructor(port: number, child: ChildProcess, directory: string) {
    this.port = port;
    this.#process = child;
    this.#directory = directory;
  }

  /** @throws if nginx does not listen within {@link START_TIMEOUT} */
  static async start(program: string, target: number): Promise<Nginx> {
    const directory = await mkdtemp(join(tmpdir(), 'pushwire-nginx-'));
    const port = await freePort();
    await writeFile(join(directory, 'nginx.conf'), configuration(directory, port, target));
    const child = spawn(
      program,
      ['-p', directory, '-c', join(directory, 'nginx.conf'), '-e', join(directory, 'error.log')],
      {
        stdio: 'ignore',
      },
    );
    const nginx = new Nginx(port, child, directory);
    const deadline = Date.now() + START_TIMEOUT;
    while (!(await isListening(port))) {
      if (Date.now() > deadline || child.exitCode !== null) {
        await nginx.stop();
        throw new Error(`${program} did not start within ${START_TIMEOUT} ms`);
      }
      await delay(POLL_INTERVAL);
    }
    return nginx;
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      const ended = once(this.#process, 'exit');
      this.#process.kill('SIGTERM');
      await ended;
    }
    await rm(this.#directory, { recursive: true, force: true });
  }
}

function configuration(directory: string, port: number, target: number): string {
  const upstream = `http://127.0.0.1:${target}/`;
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `daemon off;
master_process off;
pid ${directory}/nginx.pid;
events {}
http {
  access_log off;
  ${temporary.map((name) => `${name}_temp_path ${directory}/${name};`).join('\n  ')}
  server {
    listen 127.0.0.1:${port};
    location ${NGINX_PATHS.defaults}/ { proxy_pass ${upstream}; }
    location ${NGINX_PATHS.unbuffered}/ { proxy_pass ${upstream}; proxy_buffering off; }
    location ${NGINX_PATHS.upgrading}/ {
      proxy_pass ${upstream};
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection "upgrade";
    }
  }
}
`;
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
