import type { ClientOptions } from 'pushwire';
import { HandshakeError, WebSocket } from 'pushwire';
import { abandonOutput } from '../terminal/abandon-output.ts';
import { printableLine } from '../terminal/printable.ts';
import { fromArguments, MAX_TIMEOUT, onlyUrl, parseOptions, wholeNumber } from './arguments/options.ts';
import { ACCESS_OPTIONS, headerOptions, tlsOptions } from './arguments/server-access.ts';
import { runInteractive } from './connect/interactive.ts';
import { runPipe } from './connect/pipe.ts';

/** For the opening handshake, in milliseconds. */
const DEFAULT_TIMEOUT = 10_000;
/** How long to wait for the peer's part of the closing handshake, in milliseconds. */
const CLOSE_TIMEOUT = 2_000;

const HELP = `Usage: pushwire connect URL [options]

Open a WebSocket and exchange messages.

At a terminal, type a line to send it; received messages appear above the
prompt, and /help lists further commands (ping, binary data, close). In a pipe,
each line of standard input is sent, and each received message is written to
standard output, unchanged. A terminal shows control characters of messages as
escapes such as \\x1b.

Options:
  --protocol NAME       Offer a subprotocol (repeatable, in order of preference)
  --header TEXT         Send a header field "Name: value" (repeatable)
  --origin ORIGIN       Send an Origin header field
  --auth USER:PASSWORD  Send credentials for HTTP Basic authentication
  --ca FILE             Verify the server with the CA certificates in FILE (PEM)
  --insecure            Do not verify the server's certificate
  --no-compression      Do not offer permessage-deflate
  --follow              Follow redirects
  --timeout MS          Time limit for the opening handshake; 0 for none (default: ${DEFAULT_TIMEOUT} ms)
  --binary              Send each line as a binary message
  --execute TEXT        Send TEXT instead of standard input (repeatable)
  --wait MS             Stay connected after the last line (default: 0 ms)
  --keep-open           Stay connected after the last line until the server closes
  --json                Write each event as a line of JSON; binary data is base64
  -h, --help            Show this help

Exit status:
  0  The connection was closed with code 1000, 1001 or no code
  1  The connection failed, or was closed with another code
  2  The arguments are invalid
`;

const OPTIONS = {
  protocol: { type: 'string', multiple: true, default: [] as string[] },
  ...ACCESS_OPTIONS,
  origin: { type: 'string' },
  auth: { type: 'string' },
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

/** The close codes that do not report an error. 1005: the peer's Close frame had no code. */
const SUCCESS_CODES: ReadonlySet<number> = new Set([1000, 1001, 1005]);

/** `pushwire connect`. Resolves when the connection is closed. */
export async function connect(commandArguments: readonly string[]): Promise<void> {
  const config = { args: [...commandArguments], options: OPTIONS, allowPositionals: true } as const;
  const { values, positionals } = parseOptions(config, HELP);
  if (values.help) return void process.stdout.write(HELP);
  const url = onlyUrl(positionals, HELP);
  const wait = values['keep-open'] ? Number.POSITIVE_INFINITY : wholeNumber('wait', values.wait, 0, MAX_TIMEOUT);
  const options: ClientOptions = {
    ...(await tlsOptions(values.ca, values.insecure)),
    ...(values.origin === undefined ? {} : { origin: values.origin }),
    ...(values.auth === undefined ? {} : { auth: values.auth }),
    headers: headerOptions(values.header),
    perMessageDeflate: !values['no-compression'],
    followRedirects: values.follow,
    handshakeTimeout: wholeNumber('timeout', values.timeout, 0, MAX_TIMEOUT),
    closeTimeout: CLOSE_TIMEOUT,
  };
  const socket = fromArguments(() => new WebSocket(url, values.protocol, options));

  let failure: Error | undefined;
  socket.on('error', (error) => {
    failure = error;
  });
  let isInterrupted = false;
  const closed = new Promise<number>((resolve) => socket.on('close', (code) => resolve(code)));
  const interrupt = (): void => {
    isInterrupted = true;
    // The second Ctrl+C does not wait for the server's Close frame.
    if (socket.readyState === WebSocket.CLOSING) socket.terminate();
    else socket.close(1000);
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);

  if (process.stdin.isTTY && process.stdout.isTTY && !values.json && values.execute === undefined) {
    runInteractive(socket, { input: process.stdin, output: process.stdout, binary: values.binary, interrupt });
  } else {
    const lines = values.execute ?? process.stdin;
    runPipe(socket, { lines, output: process.stdout, binary: values.binary, json: values.json, wait });
  }

  const code = await closed;
  process.off('SIGINT', interrupt);
  process.off('SIGTERM', interrupt);
  process.stdin.destroy();
  if (isInterrupted) abandonOutput();
  if (failure !== undefined) throw new Error(describe(failure));
  if (!SUCCESS_CODES.has(code)) throw new Error(`Connection closed with code ${code}`);
}

/** The error in one line, with the status of the server's response and the cause. */
function describe(error: Error): string {
  const { cause } = error as { cause?: unknown };
  const status = error instanceof HandshakeError && error.status > 0 ? ` (status ${error.status})` : '';
  const reason = cause instanceof Error ? `: ${cause.message}` : '';
  // The AggregateError for a host with several addresses has a code, but no message.
  const message = error.message || (error as NodeJS.ErrnoException).code || error.name;
  return printableLine(`${message}${status}${reason}`);
}
