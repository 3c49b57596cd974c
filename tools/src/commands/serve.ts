import { explainListening } from './arguments/explain-listening.ts';
import { parseOptions, portNumber, wholeNumber } from './arguments/options.ts';
import { readKeyPair } from './arguments/read-certificates.ts';
import { trustOf } from './arguments/trust.ts';
import { UsageError } from './arguments/usage-error.ts';
import { type Demonstration, startDemonstration } from './serve/demonstration.ts';
import { HubRoom } from './serve/hub-room.ts';
import { connectToNats, connectToRedis } from './serve/shared-hub.ts';

const DEFAULT_PORT = 8080;
const DEFAULT_HOST = '127.0.0.1';
/** Between two ticks, in milliseconds. */
const DEFAULT_INTERVAL = 500;
/** How many ports to try, starting with the default one. */
const PORTS_TRIED = 100;

const HELP = `Usage: pushwire serve [options]

Serve a demo page. On it, a WebSocket and an event stream receive the same ticks
side by side. Also serve endpoints for trying out clients: an echo, the time,
and a broadcast, which sends each message to all WebSockets and event streams.

Options:
  --port PORT      Port to listen on; 0 selects any free port (default: ${DEFAULT_PORT}, or
                   the next free port)
  --host ADDRESS   Address to listen on (default: ${DEFAULT_HOST}, this machine only)
  --interval MS    Time between two ticks (default: ${DEFAULT_INTERVAL} ms)
  --allow-host NAME
                   Serve requests for this host name, too (repeatable; default:
                   localhost, IP addresses and --host)
  --allow-origin ORIGIN
                   Serve requests from pages of this origin, too; "*" allows all
                   (repeatable; default: the pages of this server)
  --redis URL      Share the broadcast with other processes, in a log in Redis.
                   Clients that reconnect receive the messages that they have
                   missed. WebSockets receive each message as JSON with its ID,
                   and send it as ?lastEventId= when they reconnect. Requires
                   the package redis
  --nats URL       As --redis, with NATS JetStream. Requires the package
                   @nats-io/transport-node
  --cert FILE      Serve over TLS with this certificate (PEM); requires --key
  --key FILE       Private key of the certificate (PEM); requires --cert
  -h, --help       Show this help

Examples:
  pushwire serve
  pushwire serve --port 0 --interval 100
  pushwire serve --host 0.0.0.0 --allow-host demo.example
`;

const OPTIONS = {
  port: { type: 'string' },
  host: { type: 'string', default: DEFAULT_HOST },
  interval: { type: 'string', default: String(DEFAULT_INTERVAL) },
  'allow-host': { type: 'string', multiple: true, default: [] as string[] },
  'allow-origin': { type: 'string', multiple: true, default: [] as string[] },
  redis: { type: 'string' },
  nats: { type: 'string' },
  cert: { type: 'string' },
  key: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** `pushwire serve`. Resolves when the server listens; SIGINT and SIGTERM stop it. */
export async function serve(commandArguments: readonly string[]): Promise<void> {
  const { values } = parseOptions({ args: [...commandArguments], options: OPTIONS }, HELP);
  const { port, host, interval, redis, nats, cert, key, help } = values;
  if (help) return void process.stdout.write(HELP);

  const candidates = port === undefined ? portsFrom(DEFAULT_PORT) : [portNumber('port', port)];
  const tick = wholeNumber('interval', interval, 1, 60_000);
  if ((cert === undefined) !== (key === undefined)) throw new UsageError('--cert and --key must be used together');
  const certificate = cert === undefined || key === undefined ? undefined : await readKeyPair(cert, key);
  if (redis !== undefined && nats !== undefined) throw new UsageError('--redis and --nats cannot be used together');
  requireUrl('--redis', redis, /^rediss?:\/\//i, 'redis:// or rediss://');
  requireUrl('--nats', nats, /^(nats|tls):\/\/./i, 'nats:// or tls://');
  const trust = trustOf(host, values['allow-host'], values['allow-origin']);
  const shared =
    redis !== undefined ? await connectToRedis(redis) : nats !== undefined ? await connectToNats(nats) : undefined;
  const room = shared === undefined ? undefined : new HubRoom(shared);
  const start = (candidate: number): Promise<Demonstration> =>
    startDemonstration(candidate, host, tick, certificate, trust, room);
  let demonstration: Demonstration;
  try {
    demonstration = await firstFree(candidates, start);
  } catch (error) {
    // Its connection would keep the process.
    await room?.close();
    throw explainListening(error as Error, 'port');
  }
  const { address, secure } = demonstration;
  const [http, ws] = secure ? ['https', 'wss'] : ['http', 'ws'];
  if (port === undefined && !address.endsWith(`:${DEFAULT_PORT}`)) {
    console.log(`Port ${DEFAULT_PORT} is in use; using the next free port.\n`);
  }
  console.log(`Open the demo page in a browser:

  ${http}://${address}/

Endpoints:
  ticks      ${ws}://${address}/websocket
             ${http}://${address}/eventsource
  echo       ${ws}://${address}/echo
  time       ${http}://${address}/time
  broadcast  ${ws}://${address}/broadcast
             ${http}://${address}/broadcast

Try "pushwire connect" with a ${ws}: URL, and "pushwire listen" with an ${http}: URL.
Press Ctrl+C to stop.`);

  const stop = (): void => void demonstration.close();
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}

function portsFrom(first: number): number[] {
  return Array.from({ length: PORTS_TRIED }, (_, index) => first + index);
}

/** Tries the ports in order. @throws any error other than EADDRINUSE; with the last port, that error too */
async function firstFree<T>(ports: readonly number[], start: (port: number) => Promise<T>): Promise<T> {
  for (const [index, port] of ports.entries()) {
    try {
      return await start(port);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || index === ports.length - 1) throw error;
    }
  }
  throw new Error('unreachable: the last port either starts or throws');
}

function requireUrl(option: string, url: string | undefined, begin: RegExp, allowed: string): void {
  if (url === undefined || (begin.test(url) && URL.canParse(url))) return;
  throw new UsageError(`${option} must be a URL that begins with ${allowed}; received "${url}"`);
}
