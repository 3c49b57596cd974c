import { join } from 'node:path';
import { parseServerUrl } from '../../conformance/server-url.ts';
import { readJsonFile } from '../arguments/read-option-file.ts';
import { UsageError } from '../arguments/usage-error.ts';
import { JsonFields } from './json-fields.ts';
import type { AgentSettings } from './settings.ts';

/** What a configuration file says. Undefined stands for what it does not mention. */
export interface Config {
  readonly agents: readonly AgentSettings[];
  readonly only: readonly string[];
  readonly exclude: readonly string[];
  readonly excludeFor: readonly (readonly [name: string, patterns: readonly string[]])[];
  readonly serve?: string | undefined;
  readonly host?: string | undefined;
  readonly tls?: boolean | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly shutdownOnComplete?: boolean | undefined;
  readonly concurrency?: string | undefined;
  readonly timeLimit?: string | undefined;
  readonly quietLimit?: string | undefined;
  readonly thorough?: boolean | undefined;
  readonly json?: string | undefined;
  readonly html?: string | undefined;
  readonly junit?: string | undefined;
  readonly markdown?: string | undefined;
  readonly badge?: string | undefined;
}

/** What a run without a configuration file has. */
export const NO_CONFIG: Config = { agents: [], only: [], exclude: [], excludeFor: [] };

/** The first of several names is ours, the others are those of Autobahn's files. */
const FIELDS = [
  ...['agents', 'servers', 'only', 'cases', 'exclude', 'exclude-cases', 'exclude-agent-cases'],
  ...['serve', 'host', 'tls', 'cert', 'key', 'url', 'shutdown-on-complete', 'shutdownOnComplete'],
  ...['concurrency', 'time-limit', 'quiet-limit', 'thorough', 'json', 'html', 'junit', 'markdown', 'badge', 'outdir'],
  // Autobahn's settings of its own implementation.
  ...['options', 'webport', 'hostname', 'port'],
];
const AGENT_FIELDS = [
  ...['name', 'agent', 'url', 'headers', 'origin', 'protocol', 'only', 'cases', 'exclude', 'exclude-cases', 'options'],
];

/** Reads a configuration file, ours or Autobahn's. @throws {UsageError} if it cannot be read, or is invalid */
export async function readConfig(file: string): Promise<Config> {
  const value = await readJsonFile('config', file, 'a configuration, ours or that of Autobahn');
  try {
    return configOf(value);
  } catch (error) {
    throw new UsageError(`--config ${file}: ${(error as Error).message}`);
  }
}

/** The configuration in a JSON value. @throws {UsageError} if it is invalid */
export function configOf(value: unknown): Config {
  const fields = new JsonFields(value, '', FIELDS);
  const agents = (fields.array('agents', 'servers') ?? []).map(([where, agent]) => agentOf(agent, where));
  const names = agents.map(({ name }) => name);
  const repeated = names.find((name, index) => names.indexOf(name) < index);
  if (repeated !== undefined) throw new UsageError(`Two agents have the name "${repeated}"`);
  const url = fields.text('url');
  const address = url === undefined ? undefined : listeningAddress(url);
  const folder = fields.text('outdir');
  return {
    agents,
    only: fields.list('only', 'cases') ?? [],
    exclude: fields.list('exclude', 'exclude-cases') ?? [],
    excludeFor: Object.entries(fields.lists('exclude-agent-cases') ?? {}),
    serve: fields.number('serve') ?? address?.port,
    host: fields.text('host') ?? address?.host,
    tls: fields.flag('tls') ?? address?.isSecure,
    cert: fields.text('cert'),
    key: fields.text('key'),
    shutdownOnComplete: fields.flag('shutdown-on-complete', 'shutdownOnComplete'),
    concurrency: fields.number('concurrency'),
    timeLimit: fields.number('time-limit'),
    quietLimit: fields.number('quiet-limit'),
    thorough: fields.flag('thorough'),
    json: fields.text('json') ?? (folder === undefined ? undefined : join(folder, 'index.json')),
    html: fields.text('html') ?? (folder === undefined ? undefined : join(folder, 'index.html')),
    junit: fields.text('junit'),
    markdown: fields.text('markdown'),
    badge: fields.text('badge'),
  };
}

function agentOf(value: unknown, where: string): AgentSettings {
  const fields = new JsonFields(value, where, AGENT_FIELDS);
  const url = fields.text('url');
  if (url === undefined) throw new UsageError(`${fields.name('url')} must be a string; received nothing`);
  try {
    parseServerUrl(url);
  } catch (error) {
    throw new UsageError(`${fields.name('url')}: ${(error as Error).message}`);
  }
  return {
    name: fields.text('name', 'agent') ?? url,
    url,
    headers: headersOf(fields.texts('headers') ?? {}, fields.text('origin'), fields.list('protocol') ?? []),
    only: fields.list('only', 'cases') ?? [],
    exclude: fields.list('exclude', 'exclude-cases') ?? [],
  };
}

/** The header fields towards a server under test. @throws {UsageError} if one is invalid */
export function headersOf(
  headers: Readonly<Record<string, string>>,
  origin: string | undefined,
  protocols: readonly string[],
): Readonly<Record<string, string>> {
  const all = {
    ...headers,
    ...(origin !== undefined && { Origin: origin }),
    ...(protocols.length > 0 && { 'Sec-WebSocket-Protocol': protocols.join(', ') }),
  };
  for (const [name, value] of Object.entries(all)) {
    if (!/^[!#$%&'*+.^`|~\w-]+$/.test(name)) throw new UsageError(`Invalid header field name: ${JSON.stringify(name)}`);
    // RFC 9110 §5.5 allows tab and what is not a control character.
    if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) {
      throw new UsageError(`Invalid value of the header field ${name}: ${JSON.stringify(value)}`);
    }
  }
  return all;
}

/** Where the `url` of Autobahn's fuzzing server listens. */
function listeningAddress(url: string): { readonly host: string; readonly port: string; readonly isSecure: boolean } {
  try {
    const { hostname, port, secure } = parseServerUrl(url);
    return { host: hostname, port: String(port), isSecure: secure };
  } catch (error) {
    throw new UsageError(`url: ${(error as Error).message}`);
  }
}
