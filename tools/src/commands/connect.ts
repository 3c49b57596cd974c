import type { ClientOptions } from 'pushwire';
import { WebSocket } from 'pushwire';
import { abandonOutput } from '../terminal/abandon-output.ts';
import { printableLine } from '../terminal/printable.ts';
import { completeUrl } from './arguments/complete-url.ts';
import { errorText } from './arguments/explain-error.ts';
import { fromArguments, MAX_TIMEOUT, onlyUrl, parseOptions, wholeNumber } from './arguments/options.ts';
import { ACCESS_OPTIONS, headerOptions, tlsOptions } from './arguments/server-access.ts';
import { UsageError } from './arguments/usage-error.ts';
import { Connections, type Ending } from './connect/connections.ts';
import { explainFailure } from './connect/explain-failure.ts';
import { COMMANDS, Interactive } from './connect/interactive.ts';
import { messagesOf } from './connect/lines.ts';
import { Pipe } from './connect/pipe.ts';
import { Recording } from './connect/recording.ts';
import { readReplay, replay } from './connect/replay.ts';
import { transmit } from './connect/transmit.ts';

/** For the opening handshake, in milliseconds. */
const DEFAULT_TIMEOUT = 10_000;
/** How long to wait for the peer's part of the closing handshake, in milliseconds. */
const CLOSE_TIMEOUT = 2_000;
/** How long to wait for the answer to a ping, in milliseconds. */
const PING_TIMEOUT = 30_000;
/** A day, in seconds. */
const MAX_PING = 86_400;

const HELP = `Usage: pushwire connect URL [options]

Open a WebSocket and exchange messages. The default scheme of the URL is ws, or
wss for port 443.

At a terminal, each line that you type is sent. A line that you type before the
connection is open is sent once it is open. Received messages are printed above
the prompt, with control characters escaped, for example as \\x1b. In a pipe,
each line of standard input is sent, and each received message is written to
standard output, unchanged.

Options:
  --protocol NAME       Offer a subprotocol (repeatable, in order of preference)
  --header TEXT         Send a header field "Name: value" (repeatable)
  --origin ORIGIN       Send this Origin header field
  --auth USER:PASSWORD  Send credentials for HTTP Basic authentication
  --ca FILE             Verify the server with the CA certificates in FILE (PEM)
  --insecure            Do not verify the certificate of the server
  --no-compression      Do not offer permessage-deflate
  --follow              Follow redirects
  --timeout MS          Time limit for the opening handshake; 0 disables it
                        (default: ${DEFAULT_TIMEOUT} ms)
  --reconnect           Reconnect whenever the connection is lost
  --ping SECONDS        Send a ping when no data has arrived for SECONDS
                        seconds, and terminate the connection if none arrives
                        in the next ${PING_TIMEOUT / 1000} seconds (default: send no pings)
  --binary              Send each line as a binary message
  --execute TEXT        Send TEXT instead of standard input (repeatable)
  --wait MS             Stay connected after the last line (default: 0 ms)
  --keep-open           Stay connected until the server closes the connection
  --record FILE         Write what is sent and received to FILE as lines of
                        JSON, with the time of each; create missing folders
  --replay FILE         Repeat the sent messages, pings and pongs that --record
                        has written to FILE, with the same delays
  --json                Print each event as a line of JSON, with binary data in
                        base64
  -h, --help            Show this help

At a terminal:
${COMMANDS}

Examples:
  pushwire connect localhost:8080/echo
  pushwire connect localhost:8080/echo --execute hello --wait 100
  pushwire connect localhost:8080/websocket --keep-open --json < /dev/null

The examples use the endpoints of "pushwire serve".

Exit status:
  0  The connection was closed with code 1000 or 1001, or without a code
  1  The connection failed, was closed with another code, or was never open
  2  The arguments are invalid
`;

const OPTIONS = {
  protocol: { type: 'string', multiple: true, default: [] as string[] },
  ...ACCESS_OPTIONS,
  origin: { type: 'string' },
  auth: { type: 'string' },
  'no-compression': { type: 'boolean', default: false },
  follow: { type: 'boolean', default: false },
  reconnect: { type: 'boolean', default: false },
  ping: { type: 'string' },
  timeout: { type: 'string', default: String(DEFAULT_TIMEOUT) },
  binary: { type: 'boolean', default: false },
  execute: { type: 'string', multiple: true },
  wait: { type: 'string', default: '0' },
  'keep-open': { type: 'boolean', default: false },
  record: { type: 'string' },
  replay: { type: 'string' },
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
  const url = completeUrl(onlyUrl(positionals, HELP), 'ws');
  const wait = values['keep-open'] ? Number.POSITIVE_INFINITY : wholeNumber('wait', values.wait, 0, MAX_TIMEOUT);
  for (const name of ['execute', 'binary'] as const) {
    if (values.replay === undefined || values[name] === undefined || values[name] === false) continue;
    throw new UsageError(`--replay and --${name} cannot be used together`);
  }
  const recorded = values.replay === undefined ? undefined : await readReplay(values.replay);
  const options: ClientOptions = {
    ...(await tlsOptions(values.ca, values.insecure)),
    ...(values.origin === undefined ? {} : { origin: values.origin }),
    ...(values.auth === undefined ? {} : { auth: values.auth }),
    headers: headerOptions(values.header),
    perMessageDeflate: !values['no-compression'],
    followRedirects: values.follow,
    handshakeTimeout: wholeNumber('timeout', values.timeout, 0, MAX_TIMEOUT),
    closeTimeout: CLOSE_TIMEOUT,
    heartbeatInterval: values.ping === undefined ? 0 : 1000 * wholeNumber('ping', values.ping, 1, MAX_PING),
    heartbeatTimeout: PING_TIMEOUT,
  };
  const hasInput = values.execute === undefined && recorded === undefined;
  const isInteractive = hasInput && process.stdin.isTTY && process.stdout.isTTY && !values.json;
  const recording = values.record === undefined ? undefined : new Recording(values.record);
  const connections = fromArguments(
    () =>
      new Connections({
        open: () => new WebSocket(url, values.protocol, options),
        reconnects: values.reconnect,
        attach: (socket) => {
          recording?.attach(socket);
          view.attach(socket);
        },
        onLost: (ending, milliseconds) => {
          const text = `${describe(ending)}. Reconnecting in ${milliseconds / 1000} s.`;
          if (view instanceof Interactive) view.showLost(text);
          else console.error(text);
        },
      }),
  );
  let isInterrupted = false;
  const interrupt = (): void => {
    isInterrupted = true;
    connections.interrupt();
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);

  const common = {
    output: process.stdout,
    close: connections.close.bind(connections),
    transmit: recording?.transmit.bind(recording) ?? transmit,
  };
  const { binary, json } = values;
  const view = isInteractive
    ? new Interactive({ ...common, input: process.stdin, binary, interrupt })
    : new Pipe({
        ...common,
        messages:
          recorded === undefined
            ? messagesOf(values.execute ?? process.stdin, binary ? 'binary' : 'text')
            : replay(recorded),
        json,
        wait,
      });

  const ending = await connections.run();
  if (view instanceof Interactive) view.end();
  process.off('SIGINT', interrupt);
  process.off('SIGTERM', interrupt);
  process.stdin.destroy();
  if (isInterrupted) abandonOutput();
  if (ending.failure !== undefined) {
    throw new Error([describe(ending), explainFailure(ending.failure)].filter((line) => line !== '').join('\n'));
  }
  if (!SUCCESS_CODES.has(ending.code)) throw new Error(describe(ending));
}

/** How the connection ended, in one line, with the cause. */
function describe({ failure, code }: Ending): string {
  if (failure === undefined) return `Connection closed with code ${code}`;
  const { cause } = failure;
  const reason = cause instanceof Error ? `: ${errorText(cause)}` : '';
  return printableLine(`${errorText(failure)}${reason}`);
}
