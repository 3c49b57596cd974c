import { findProgram } from '../../tools/src/compare/installed-programs.ts';

export {
  CHROMIUM_ARGUMENTS,
  findNginx,
  findSmallChromium as findChromium,
} from '../../tools/src/compare/installed-programs.ts';

/** The path of Python 3, or null if it is not installed. */
export function findPython(): string | null {
  return findProgram(['python3']);
}

/** The path of curl, or null if it is not installed. */
export function findCurl(): string | null {
  return findProgram(['curl', 'curl.exe']);
}

/** The path of redis-server, or null if it is not installed. */
export function findRedis(): string | null {
  return findProgramOfRedis('redis-server');
}

/** The path of a program that is installed with redis-server, or null if it is not. */
export function findProgramOfRedis(name: 'redis-server' | 'redis-cli'): string | null {
  return findProgram([name], ['/usr/sbin', '/usr/local/sbin']);
}

/** The path of haproxy, or null if it is not installed. */
export function findHaproxy(): string | null {
  return findProgram(['haproxy'], ['/usr/sbin', '/usr/local/sbin']);
}

/** The path of caddy, or null if it is not installed. */
export function findCaddy(): string | null {
  return findProgram(['caddy'], ['/usr/local/bin']);
}

/** The path of nats-server, or null if it is not installed. */
export function findNatsServer(): string | null {
  return findProgram(['nats-server', 'nats-server.exe'], ['/usr/sbin', '/usr/local/sbin']);
}
