import { once } from 'node:events';
import { styleText } from 'node:util';
import { EventSource, type EventSourceOptions } from 'pushwire';
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

const HELP = `Usage: pushwire listen URL [options]

Reads an event stream, and opens it again as a browser does when the connection is lost. At a terminal, each event is shown
with its fields; in a pipe, the data alone, with a line feed behind it. What happens to the connection is told on standard error.

The exit status is 0 if it was ended by Ctrl+C or --count, 1 if the server has refused it for good, 2 for wrong arguments.

Options:
  --event NAME         only events of this type; can be given several times
  --count NUMBER       end after so many events
  --last-event-id ID   say that this event was the last that was seen
  --no-reconnect       end when the connection is lost: with 0 if it had been open
  --header TEXT        send a header field, as "Name: value"; can be given several times
  --method NAME        Default: GET, and POST with --data
  --data TEXT          send this as the body of the request
  --read-timeout MS    milliseconds without a byte after which the connection is taken for lost. Default: none
  --ca FILE            believe certificates that this one has signed (PEM)
  --insecure           believe every certificate
  --comments           show comments, too
  --json               write each event as a line of JSON
  --help               this text
`;

const OPTIONS = {
  event: { type: 'string', multiple: true, default: [] as string[] },
  count: { type: 'string' },
  'last-event-id': { type: 'string' },
  'no-reconnect': { type: 'boolean', default: false },
  header: { type: 'string', multiple: true, default: [] as string[] },
  method: { type: 'string' },
  data: { type: 'string' },
  'read-timeout': { type: 'string', default: '0' },
  ca: { type: 'string' },
  insecure: { type: 'boolean', default: false },
  comments: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** `pushwire listen`. Resolves when it is over. */
export async function listen(commandArguments: readonly string[]): Promise<void> {
  const config = { args: [...commandArguments], options: OPTIONS, allowPositionals: true } as const;
  const { values, positionals } = parseOptions(config, HELP);
  if (values.help) return void process.stdout.write(HELP);
  const url = onlyUrl(positionals, HELP);
  let left =
    values.count === undefined
      ? Number.POSITIVE_INFINITY
      : wholeNumber('count', values.count, 1, Number.MAX_SAFE_INTEGER);
  const output = process.stdout;
  const style = values.json ? 'json' : output.isTTY ? 'fields' : 'data';
  const write = async (text: string): Promise<void> => {
    if (!output.write(text)) await once(output, 'drain');
  };
  const options: EventSourceOptions = {
    request: await tlsOptions(values.ca, values.insecure),
    headers: headerOptions(values.header),
    method: values.method ?? (values.data === undefined ? 'GET' : 'POST'),
    body: values.data,
    lastEventId: values['last-event-id'],
    readTimeout: wholeNumber('read-timeout', values['read-timeout'], 0, LONGEST_TIME),
    onComment: (text) => {
      if (values.comments)
        void write(style === 'json' ? `${JSON.stringify({ comment: text })}\n` : `:${printable(text)}\n`);
    },
  };
  const source = fromArguments(() => new EventSource(url, options));

  tellOfConnection(source, values['no-reconnect']);
  const stop = (): void => source.close();
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  // Whoever reads has had enough.
  output.on('error', stop);
  try {
    for await (const event of source) {
      if (values.event.length > 0 && !values.event.includes(event.type)) continue;
      await write(FORMATS[style](event));
      left--;
      if (left === 0) break;
    }
  } finally {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  }
}

const FORMATS: Readonly<Record<'json' | 'fields' | 'data', (event: MessageEvent) => string>> = {
  json: ({ type, data, lastEventId }) => `${JSON.stringify({ type, lastEventId, data })}\n`,
  data: ({ data }) => `${data}\n`,
  fields: ({ type, data, lastEventId }) => {
    const names = [type === 'message' ? '' : `event ${type}`, lastEventId === '' ? '' : `id ${lastEventId}`];
    const head = printable(names.filter((name) => name !== '').join(', '));
    const coloured = process.stdout.hasColors?.() ? styleText('gray', head) : head;
    return `${head === '' ? '' : `${coloured}\n`}${printable(data)}\n`;
  },
};

/** On standard error, so that it does not mix with the events. */
function tellOfConnection(source: EventSource, endsWhenLost: boolean): void {
  let opened = false;
  let lostAt = 0;
  source.onopen = () => {
    const after = lostAt === 0 ? '' : ` again, after ${((performance.now() - lostAt) / 1000).toFixed(1)} s`;
    console.error(`connected to ${source.url}${after}`);
    opened = true;
  };
  source.onerror = ({ message }) => {
    // What is for good is thrown by the loop over the events.
    if (source.readyState === source.CLOSED) return;
    lostAt = performance.now();
    console.error(`${printable(message)}: ${endsWhenLost ? 'that is the end' : 'it is opened again'}`);
    if (!endsWhenLost) return;
    if (!opened) process.exitCode = 1;
    source.close();
  };
}
