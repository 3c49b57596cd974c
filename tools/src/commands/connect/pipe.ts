import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { WebSocket } from 'pushwire';

export interface Relay {
  /** What is sent, a message a line: a stream of them, or the messages themselves. */
  readonly lines: Readable | readonly string[];
  readonly output: Writable;
  readonly binary: boolean;
  /** Whether each event is written as a line of JSON. */
  readonly json: boolean;
  /** Milliseconds that the connection stays open after the last line. */
  readonly wait: number;
}

/** Sends lines, and writes messages: text with a line feed behind it, bytes as they are. Neither end overruns the other. */
export function relay(socket: WebSocket, { lines, output, binary, json, wait }: Relay): void {
  const write = (chunk: string | Uint8Array): void => {
    if (output.destroyed || output.write(chunk)) return;
    socket.pause();
    output.once('drain', () => socket.resume());
  };
  const tell = (event: string, details: object): void => {
    if (json) write(`${JSON.stringify({ event, ...details })}\n`);
  };
  // Whoever reads has had enough.
  output.on('error', () => {
    socket.resume();
    socket.close(1000);
  });

  socket.on('open', async () => {
    tell('open', { url: socket.url, protocol: socket.protocol, extensions: socket.extensions });
    await sendAll(socket, lines, binary);
    if (wait === Number.POSITIVE_INFINITY) return;
    // It keeps nothing alive: the server may close before.
    await delay(wait, undefined, { ref: false });
    socket.close(1000);
  });
  socket.on('message', (data, isBinary) => {
    const bytes = data as Buffer;
    if (json) {
      tell('message', { binary: isBinary, data: bytes.toString(isBinary ? 'base64' : 'utf8') });
    } else {
      write(bytes);
      if (!isBinary) write('\n');
    }
  });
  socket.on('ping', (data) => tell('ping', { data: data.toString('base64') }));
  socket.on('pong', (data) => tell('pong', { data: data.toString('base64') }));
  socket.on('close', (code, reason) => tell('close', { code, reason: reason.toString() }));
}

async function sendAll(socket: WebSocket, lines: Relay['lines'], binary: boolean): Promise<void> {
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
