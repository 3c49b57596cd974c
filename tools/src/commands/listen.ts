import { once } from 'node:events';
import { styleText } from 'node:util';
import { EventSource, type EventSourceOptions } from 'pushwire';
import { abandonOutput } from '../terminal/abandon-output.ts';
import { jsonLine, printable } from '../terminal/printable.ts';
import { completeUrl } from './arguments/complete-url.ts';
import { fromArguments, MAX_TIMEOUT, onlyUrl, parseOptions, wholeNumber } from './arguments/options.ts';
import { RecordingFile } from './arguments/recording-file.ts';
import { ACCESS_OPTIONS, headerOptions, tlsOptions } from './arguments/server-access.ts';
import { UsageError } from './arguments/usage-error.ts';
import { explained, LoggedConnection } from './listen/logged-connection.ts';
import { RecordedEventSource, recordRequests } from './listen/recording.ts';

const HELP = `Usage: pushwire listen URL [options]

Print the events of an event stream. When an open connection is lost, reconnect,
as a browser does. The default scheme of the URL is http, or https for port 443.

At a terminal, each event is printed with its type and ID, and control
characters are escaped, for example as \\x1b. In a pipe, only the data of each
event is written, unchanged, with a line feed after it. Messages about the
connection are written to standard error.

Options:
  --event NAME        Print only events of this type (repeatable)
  --count N           Exit after printing N events
  --last-event-id ID  Send this Last-Event-ID with the first request
  --no-reconnect      Exit when the connection is lost
  --reconnect         Reconnect also if the first connection fails, unless a
                      retry would fail for the same reason
  --header TEXT       Send a header field "Name: value" (repeatable)
  --method NAME       Request method (default: GET, or POST with --data)
  --data TEXT         Send TEXT as the request body
  --read-timeout MS   Reconnect when no data arrives for MS milliseconds;
                      0 disables the timeout (default: 0 ms)
  --ca FILE           Verify the server with the CA certificates in FILE (PEM)
  --insecure          Do not verify the certificate of the server
  --comments          Print comments, too
  --record FILE       Write requests, events and comments to FILE as lines of
                      JSON, with the time of each; create missing folders
  --json              Print each event as a line of JSON
  -h, --help          Show this help

Examples:
  pushwire listen localhost:8080/time
  pushwire listen localhost:8080/eventsource --event tick --count 3
  pushwire listen localhost:8080/time --record time.jsonl

The examples use the endpoints of "pushwire serve".

Exit status:
  0  --count or Ctrl+C ended the command, or the connection was lost with
     --no-reconnect
  1  The server rejected the request, or no connection was ever open
  2  The arguments are invalid
`;

const OPTIONS = {
  event: { type: 'string', multiple: true, default: [] as string[] },
  count: { type: 'string' },
  'last-event-id': { type: 'string' },
  'no-reconnect': { type: 'boolean', default: false },
  reconnect: { type: 'boolean', default: false },
  ...ACCESS_OPTIONS,
  method: { type: 'string' },
  data: { type: 'string' },
  'read-timeout': { type: 'string', default: '0' },
  comments: { type: 'boolean', default: false },
  record: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** The characters that may wait for a reader of the output before comments are dropped. */
const MAX_WAITING = 1024 * 1024;

/** `pushwire listen`. Resolves when it stops listening. */
export async function listen(commandArguments: readonly string[]): Promise<void> {
  const config = { args: [...commandArguments], options: OPTIONS, allowPositionals: true } as const;
  const { values, positionals } = parseOptions(config, HELP);
  if (values.help) return void process.stdout.write(HELP);
  const url = completeUrl(onlyUrl(positionals, HELP), 'http');
  checkScheme(url);
  if (values.reconnect && values['no-reconnect']) {
    throw new UsageError('--reconnect and --no-reconnect cannot be used together');
  }
  let remaining = values.count === undefined ? Number.POSITIVE_INFINITY : wholeNumber('count', values.count, 1);
  const output = process.stdout;
  const style = values.json ? 'json' : output.isTTY ? 'fields' : 'data';
  const stopped = new AbortController();
  const write = async (text: string): Promise<void> => {
    if (!output.write(text)) await once(output, 'drain', { signal: stopped.signal });
  };
  const options: EventSourceOptions = {
    request: await tlsOptions(values.ca, values.insecure),
    headers: headerOptions(values.header),
    method: methodOption(values.method) ?? (values.data === undefined ? 'GET' : 'POST'),
    body: values.data,
    lastEventId: values['last-event-id'],
    readTimeout: wholeNumber('read-timeout', values['read-timeout'], 0, MAX_TIMEOUT),
    onComment: (text) => {
      // Nothing waits for comments. If nobody reads the output, they are dropped, so that memory does not grow.
      if (!values.comments || output.writableLength > MAX_WAITING) return;
      output.write(style === 'json' ? jsonLine({ comment: text }) : `:${printable(text)}\n`);
    },
  };
  const file = values.record === undefined ? undefined : new RecordingFile(values.record);
  const stopRecording = file && recordRequests(file, values.data ?? '');
  const source = fromArguments(() =>
    file === undefined ? new EventSource(url, options) : new RecordedEventSource(url, options, file),
  );

  const connection = new LoggedConnection(source, values['no-reconnect'], values.reconnect);
  const stop = (): void => {
    source.close();
    stopped.abort();
  };
  const interrupt = (): void => {
    stop();
    abandonOutput();
    if (!connection.wasOpen) process.exitCode = 1;
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  // The reader of the output has closed it.
  output.on('error', stop);
  try {
    for await (const event of source) {
      if (values.event.length > 0 && !values.event.includes(event.type)) continue;
      await write(FORMATS[style](event));
      remaining--;
      if (remaining === 0) break;
    }
  } catch (error) {
    if (!stopped.signal.aborted) throw explained(error as Error);
  } finally {
    stopRecording?.();
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
  if (connection.failure !== undefined) throw explained(connection.failure);
}

/** @throws {UsageError} if a URL is not that of an event stream */
function checkScheme(url: string): void {
  const scheme = URL.canParse(url) ? new URL(url).protocol.slice(0, -1) : 'http';
  if (/^https?$/.test(scheme)) return;
  const advice = /^wss?$/.test(scheme) ? '. For a WebSocket, use pushwire connect URL' : '';
  throw new UsageError(`URL scheme must be http or https; received "${scheme}"${advice}`);
}

/** @throws {UsageError} if it is no token: RFC 9110 §9.1 */
function methodOption(method: string | undefined): string | undefined {
  if (method === undefined || /^[\w!#$%&'*+.^`|~-]+$/.test(method)) return method;
  throw new UsageError(`--method must be a token, such as GET or POST; received "${method}"`);
}

const FORMATS: Readonly<Record<'json' | 'fields' | 'data', (event: MessageEvent) => string>> = {
  json: ({ type, data, lastEventId }) => jsonLine({ type, lastEventId, data }),
  data: ({ data }) => `${data}\n`,
  fields: ({ type, data, lastEventId }) => {
    const parts = [type === 'message' ? '' : `event ${type}`, lastEventId === '' ? '' : `id ${lastEventId}`];
    const head = printable(parts.filter((part) => part !== '').join(', '));
    const colored = process.stdout.hasColors?.() ? styleText('gray', head) : head;
    return `${head === '' ? '' : `${colored}\n`}${printable(data)}\n`;
  },
};
