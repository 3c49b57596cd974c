import type { ClientOptions } from 'pushwire';
import { HandshakeError, WebSocket } from 'pushwire';
import { printable } from '../terminal/printable.ts';
import {
  fromArguments,
  headerOptions,
  LONGEST_TIME,
  onlyUrl,
  parseOptions,
  tlsOptions,
  wholeNumber,
} from './arguments/options.ts';
import { relay } from './connect/pipe.ts';
import { converse } from './connect/terminal.ts';

/** Milliseconds. */
const DEFAULT_TIMEOUT = 10_000;
/** Milliseconds for the closing handshake when it is us who ends. */
const CLOSE_TIMEOUT = 2_000;

const HELP = `Usage: pushwire connect URL [options]

Opens a WebSocket. At a terminal, each line that is typed is sent, and what comes is shown; /help there tells of pings, of
bytes, and of closing. In a pipe, each line of standard input is sent, and each message goes to standard output.

The exit status is 0 if the connection was closed with 1000, 1001 or no close code, 1 if it failed, 2 for wrong arguments.

Options:
  --protocol NAME     offer a subprotocol; can be given several times, in order of preference
  --header TEXT       send a header field, as "Name: value"; can be given several times
  --origin ORIGIN     send this Origin
  --auth USER:WORD    send these credentials, as HTTP's Basic scheme has it
  --ca FILE           believe certificates that this one has signed (PEM)
  --insecure          believe every certificate
  --no-compression    do not offer permessage-deflate
  --follow            follow redirects
  --timeout MS        milliseconds for the opening handshake. Default: ${DEFAULT_TIMEOUT}
  --binary            send each line as a binary message
  --execute TEXT      send this instead of standard input; can be given several times
  --wait MS           stay for so many milliseconds after the last line. Default: 0
  --keep-open         stay after the last line until the server closes
  --json              write each event as a line of JSON, bytes as base64
  --help              this text
`;

const OPTIONS = {
  protocol: { type: 'string', multiple: true, default: [] as string[] },
  header: { type: 'string', multiple: true, default: [] as string[] },
  origin: { type: 'string' },
  auth: { type: 'string' },
  ca: { type: 'string' },
  insecure: { type: 'boolean', default: false },
  'no-compression': { type: 'boolean', default: false },
  follow: { type: 'boolean', default: false },
  timeout: { type: 'string', default: String(DEFAULT_TIMEOUT) },
  binary: { type: 'boolean', default: false },
  execute: { type: 'string', multiple: true },
  wait: { type: 'string', default: '0' },
  'keep-open': { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** Close codes that say that all is well: nobody complains of anything. */
const GOOD_CODES: ReadonlySet<number> = new Set([1000, 1001, 1005]);

/** `pushwire connect`. Resolves when the connection is closed. */
export async function connect(commandArguments: readonly string[]): Promise<void> {
  const config = { args: [...commandArguments], options: OPTIONS, allowPositionals: true } as const;
  const { values, positionals } = parseOptions(config, HELP);
  if (values.help) return void process.stdout.write(HELP);
  const url = onlyUrl(positionals, HELP);
  const wait = values['keep-open'] ? Number.POSITIVE_INFINITY : wholeNumber('wait', values.wait, 0, LONGEST_TIME);
  const options: ClientOptions = {
    ...(await tlsOptions(values.ca, values.insecure)),
    ...(values.origin === undefined ? {} : { origin: values.origin }),
    ...(values.auth === undefined ? {} : { auth: values.auth }),
    headers: headerOptions(values.header),
    perMessageDeflate: !values['no-compression'],
    followRedirects: values.follow,
    handshakeTimeout: wholeNumber('timeout', values.timeout, 0, LONGEST_TIME),
    closeTimeout: CLOSE_TIMEOUT,
  };
  const socket = fromArguments(() => new WebSocket(url, values.protocol, options));

  let failure: Error | undefined;
  socket.on('error', (error) => {
    failure = error;
  });
  const closed = new Promise<number>((resolve) => socket.on('close', (code) => resolve(code)));
  const interrupt = (): void => {
    // The second time, the server's answer is not waited for.
    if (socket.readyState === WebSocket.CLOSING) socket.terminate();
    else socket.close(1000);
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);

  if (process.stdin.isTTY && process.stdout.isTTY && !values.json && values.execute === undefined) {
    converse(socket, { input: process.stdin, output: process.stdout, binary: values.binary, interrupt });
  } else {
    const lines = values.execute ?? process.stdin;
    relay(socket, { lines, output: process.stdout, binary: values.binary, json: values.json, wait });
  }

  const code = await closed;
  process.off('SIGINT', interrupt);
  process.off('SIGTERM', interrupt);
  process.stdin.destroy();
  if (failure !== undefined) throw new Error(explain(failure));
  if (!GOOD_CODES.has(code)) throw new Error(`The connection was closed with ${code}`);
}

/** In one line, what the server has answered included. */
function explain(error: Error): string {
  const { cause } = error as { cause?: unknown };
  const status = error instanceof HandshakeError && error.status > 0 ? ` (status ${error.status})` : '';
  const reason = cause instanceof Error ? `: ${cause.message}` : '';
  // One of several attempts, to several addresses, has no message of its own.
  const message = error.message || (error as NodeJS.ErrnoException).code || error.name;
  return printable(`${message}${status}${reason}`);
}
