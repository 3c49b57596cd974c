import { startDemonstration } from './demonstration.ts';
import { parseOptions, wholeNumber } from './options.ts';

const DEFAULT_PORT = 8080;
const DEFAULT_HOST = '127.0.0.1';
/** Milliseconds. */
const DEFAULT_INTERVAL = 500;
/** How many ports behind the default one are tried. */
const PORTS_TRIED = 100;

const HELP = `Usage: pushwire serve [options]

Serves a page on which a WebSocket and an event stream deliver the same ticks side by side.

Options:
  --port NUMBER      the port; 0 for any. Default: ${DEFAULT_PORT}, or the next one that is free
  --host ADDRESS     the address to listen on. Default: ${DEFAULT_HOST}, this machine only
  --interval NUMBER  milliseconds between two ticks. Default: ${DEFAULT_INTERVAL}
  --help             this text
`;

const OPTIONS = {
  port: { type: 'string' },
  host: { type: 'string', default: DEFAULT_HOST },
  interval: { type: 'string', default: String(DEFAULT_INTERVAL) },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** `pushwire serve`. Runs until the process is told to stop. */
export async function serve(commandArguments: readonly string[]): Promise<void> {
  const { port, host, interval, help } = parseOptions({ args: [...commandArguments], options: OPTIONS }, HELP).values;
  if (help) return void process.stdout.write(HELP);

  const candidates = port === undefined ? portsFrom(DEFAULT_PORT) : [wholeNumber('port', port, 0, 65_535)];
  const tick = wholeNumber('interval', interval, 1, 60_000);
  const demonstration = await firstFree(candidates, (candidate) => startDemonstration(candidate, host, tick));
  const { address } = demonstration;
  if (port === undefined && !address.endsWith(`:${DEFAULT_PORT}`)) {
    console.log(`Port ${DEFAULT_PORT} is taken: this is the next one that is free.\n`);
  }
  console.log(`pushwire is serving

  the page           http://${address}/
  a WebSocket          ws://${address}/websocket
  an event stream    http://${address}/eventsource
  the time           http://${address}/time    curl -N shows it

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
