import { readFile } from 'node:fs/promises';
import { parseOptions, portNumber, wholeNumber } from './arguments/options.ts';
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

Serve a demo page on which a WebSocket and an event stream receive the same
ticks side by side. Also serve endpoints to try clients with: an echo, the time,
and a broadcast that sends each message to all clients, over WebSocket and event
stream.

Options:
  --port PORT     Port to listen on; 0 selects any free port (default: ${DEFAULT_PORT}, or the
                  next free port)
  --host ADDRESS  Address to listen on (default: ${DEFAULT_HOST}, this machine only)
  --interval MS   Time between two ticks (default: ${DEFAULT_INTERVAL} ms)
  --allow-host NAME
                  Also answer requests for this host name. By default, only for
                  localhost, IP addresses and --host (repeatable)
  --allow-origin ORIGIN
                  Also let pages of this origin use the server; "*" for all. By
                  default, only its own pages (repeatable)
  --redis URL     Broadcast to the clients of all processes that have this option,
                  through a log in Redis. Clients that come back receive what
                  they have missed; WebSockets receive JSON, with an id to name as
                  ?lastEventId=. Needs the package redis
  --nats URL      The same, through a log in NATS JetStream. Needs the package
                  @nats-io/transport-node
  --cert FILE     Serve over TLS with this certificate (PEM); requires --key
  --key FILE      Private key of the certificate (PEM)
  -h, --help      Show this help
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
  const certificate =
    cert === undefined || key === undefined ? undefined : { cert: await readFile(cert), key: await readFile(key) };
  if (redis !== undefined && nats !== undefined) throw new UsageError('--redis and --nats cannot be used together');
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
    throw error;
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
