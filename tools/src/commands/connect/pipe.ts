import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { WebSocket } from 'pushwire';
import { jsonLine, printable } from '../../terminal/printable.ts';

export interface PipeOptions {
  /** What to send, one message per line: a stream to read, or the lines themselves. */
  readonly lines: Readable | readonly string[];
  readonly output: Writable & { readonly isTTY?: boolean };
  /** Whether to send each line as a binary message. */
  readonly binary: boolean;
  /** Whether to write each event as a line of JSON. */
  readonly json: boolean;
  /** How long the connection stays open after the last line, in milliseconds; Infinity until the server closes it. */
  readonly wait: number;
}

/**
 * Sends lines as messages, and writes received messages to the output: a text followed by a line feed, binary data
 * unchanged; at a terminal, without control characters. Applies backpressure in both directions.
 */
export function runPipe(socket: WebSocket, { lines, output, binary, json, wait }: PipeOptions): void {
  const write = (chunk: string | Uint8Array): void => {
    if (output.destroyed || output.write(chunk)) return;
    socket.pause();
    output.once('drain', () => socket.resume());
  };
  const writeEvent = (event: string, details: object): void => {
    if (json) write(jsonLine({ event, ...details }));
  };
  // The reader of the output has closed it.
  output.on('error', () => {
    socket.resume();
    socket.close(1000);
  });

  socket.on('open', async () => {
    writeEvent('open', { url: socket.url, protocol: socket.protocol, extensions: socket.extensions });
    await sendLines(socket, lines, binary);
    if (wait === Number.POSITIVE_INFINITY) return;
    // The timer must not keep the process alive if the server closes the connection first.
    await delay(wait, undefined, { ref: false });
    socket.close(1000);
  });
  socket.on('message', (data, isBinary) => {
    const bytes = data as Buffer;
    if (json) {
      writeEvent('message', { binary: isBinary, data: bytes.toString(isBinary ? 'base64' : 'utf8') });
    } else {
      // A terminal would interpret control characters. A file or another program receives the bytes.
      write(output.isTTY ? printable(bytes.toString()) : bytes);
      if (!isBinary) write('\n');
    }
  });
  socket.on('ping', (data) => writeEvent('ping', { data: data.toString('base64') }));
  socket.on('pong', (data) => writeEvent('pong', { data: data.toString('base64') }));
  socket.on('close', (code, reason) => writeEvent('close', { code, reason: reason.toString() }));
}

async function sendLines(socket: WebSocket, lines: PipeOptions['lines'], binary: boolean): Promise<void> {
  const source = Array.isArray(lines)
    ? lines
    : createInterface({ input: lines as Readable, crlfDelay: Number.POSITIVE_INFINITY });
  for await (const line of source) {
    if (socket.readyState !== socket.OPEN) return;
    if (socket.send(line, { binary })) continue;
    await new Promise<void>((resolve) => {
      socket.once('drain', resolve);
      socket.once('close', () => resolve());
    });
  }
}
