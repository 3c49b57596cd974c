import { openSync, writeSync } from 'node:fs';
import type { WebSocket } from 'pushwire';
import { jsonLine, printableLine } from '../../terminal/printable.ts';
import { UsageError } from '../arguments/usage-error.ts';
import { type Outgoing, transmit } from './transmit.ts';

/**
 * A file of what happens on connections, a line of JSON for each event. It has all events at any time, even if the process is
 * killed. `replay()` sends its messages again.
 */
export class Recording {
  readonly #file: number;
  readonly #start = performance.now();
  #failed = false;

  /** Replaces the file. @throws {UsageError} if it cannot be written */
  constructor(path: string) {
    try {
      this.#file = openSync(path, 'w');
    } catch (error) {
      throw new UsageError(`--record: ${(error as Error).message}`);
    }
  }

  /** Records what the peer does, and when the connection opens and closes. */
  attach(socket: WebSocket): void {
    socket.on('open', () => {
      this.#write('open', { url: socket.url, protocol: socket.protocol, extensions: socket.extensions });
    });
    const receive = (kind: Outgoing['kind'], data: Buffer): void => this.#write('received', contentOf(kind, data));
    socket.on('message', (data, isBinary) => receive(isBinary ? 'binary' : 'text', data as Buffer));
    socket.on('ping', (data) => receive('ping', data));
    socket.on('pong', (data) => receive('pong', data));
    socket.on('close', (code, reason) => this.#write('close', { code, reason: reason.toString() }));
  }

  /** Sends, and records what was sent. */
  transmit(socket: WebSocket, outgoing: Outgoing): boolean {
    const canSendMore = transmit(socket, outgoing);
    this.#write('sent', contentOf(outgoing.kind, Buffer.from(outgoing.data)));
    return canSendMore;
  }

  #write(event: string, details: object): void {
    if (this.#failed) return;
    const time = Math.round(performance.now() - this.#start);
    try {
      writeSync(this.#file, jsonLine({ time, event, ...details }));
    } catch (error) {
      this.#failed = true;
      process.exitCode = 1;
      console.error(`pushwire: --record: ${printableLine((error as Error).message)}`);
    }
  }
}

function contentOf(kind: Outgoing['kind'], data: Buffer): { kind: string; data: string } {
  return { kind, data: data.toString(kind === 'text' ? 'utf8' : 'base64') };
}
