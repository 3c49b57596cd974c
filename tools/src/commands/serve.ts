import { readFile } from 'node:fs/promises';
import { parseOptions, wholeNumber } from './arguments/options.ts';
import { UsageError } from './arguments/usage-error.ts';
import { type Demonstration, startDemonstration } from './serve/demonstration.ts';

const DEFAULT_PORT = 8080;
const DEFAULT_HOST = '127.0.0.1';
/** Milliseconds. */
const DEFAULT_INTERVAL = 500;
/** How many ports behind the default one are tried. */
const PORTS_TRIED = 100;

const HELP = `Usage: pushwire serve [options]

Serves a page on which a WebSocket and an event stream deliver the same ticks side by side; and beside it, an echo, a clock
and a broadcast to try clients with: what is sent to /broadcast, by WebSocket or POST, all get, by WebSocket or event stream.

Options:
  --port NUMBER      the port; 0 for any. Default: ${DEFAULT_PORT}, or the next one that is free
  --host ADDRESS     the address to listen on. Default: ${DEFAULT_HOST}, this machine only
  --interval NUMBER  milliseconds between two ticks. Default: ${DEFAULT_INTERVAL}
  --cert FILE        serve over TLS with this certificate (PEM); with --key
  --key FILE         its private key (PEM)
  --help             this text
`;

const OPTIONS = {
  port: { type: 'string' },
  host: { type: 'string', default: DEFAULT_HOST },
  interval: { type: 'string', default: String(DEFAULT_INTERVAL) },
  cert: { type: 'string' },
  key: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** `pushwire serve`. Runs until the process is told to stop. */
export async function serve(commandArguments: readonly string[]): Promise<void> {
  const { port, host, interval, cert, key, help } = parseOptions(
    { args: [...commandArguments], options: OPTIONS },
    HELP,
  ).values;
  if (help) return void process.stdout.write(HELP);

  const candidates = port === undefined ? portsFrom(DEFAULT_PORT) : [wholeNumber('port', port, 0, 65_535)];
  const tick = wholeNumber('interval', interval, 1, 60_000);
  if ((cert === undefined) !== (key === undefined)) throw new UsageError('--cert and --key belong together');
  const certificate =
    cert === undefined || key === undefined ? undefined : { cert: await readFile(cert), key: await readFile(key) };
  const start = (candidate: number): Promise<Demonstration> => startDemonstration(candidate, host, tick, certificate);
  const demonstration = await firstFree(candidates, start);
  const { address, secure } = demonstration;
  const [http, ws] = secure ? ['https', 'wss'] : ['http', 'ws'];
  if (port === undefined && !address.endsWith(`:${DEFAULT_PORT}`)) {
    console.log(`Port ${DEFAULT_PORT} is taken: this is the next one that is free.\n`);
  }
  console.log(`pushwire is serving

  the page           ${http}://${address}/
  a WebSocket        ${ws}://${address}/websocket
  an event stream    ${http}://${address}/eventsource
  an echo            ${ws}://${address}/echo       pushwire connect opens it
  the time           ${http}://${address}/time     pushwire listen, or curl -N, shows it
  a broadcast        ${ws}://${address}/broadcast  and ${http}: what one sends, all get

Ctrl+C stops it.`);

  const stop = (): void => void demonstration.close();
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}

function portsFrom(first: number): number[] {
  return Array.from({ length: PORTS_TRIED }, (_, index) => first + index);
}

/** Tries the ports in turn; any other error than a taken port ends it. */
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
