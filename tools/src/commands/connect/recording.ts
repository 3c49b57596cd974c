import type { WebSocket } from 'pushwire';
import { RecordingFile } from '../arguments/recording-file.ts';
import { type Outgoing, transmit } from './transmit.ts';

/** A file of what WebSockets send and receive. `replay()` sends its messages again. */
export class Recording {
  readonly #file: RecordingFile;

  /** Replaces the file. @throws {UsageError} if it cannot be written */
  constructor(path: string) {
    this.#file = new RecordingFile(path);
  }

  /** Records what the peer does, and when the connection opens and closes. */
  attach(socket: WebSocket): void {
    socket.on('open', () => {
      this.#file.write('open', { url: socket.url, protocol: socket.protocol, extensions: socket.extensions });
    });
    const receive = (kind: Outgoing['kind'], data: Buffer): void => this.#file.write('received', contentOf(kind, data));
    socket.on('message', (data, isBinary) => receive(isBinary ? 'binary' : 'text', data as Buffer));
    socket.on('ping', (data) => receive('ping', data));
    socket.on('pong', (data) => receive('pong', data));
    socket.on('close', (code, reason) => this.#file.write('close', { code, reason: reason.toString() }));
  }

  /** Sends, and records what was sent. */
  transmit(socket: WebSocket, outgoing: Outgoing): boolean {
    const canSendMore = transmit(socket, outgoing);
    this.#file.write('sent', contentOf(outgoing.kind, Buffer.from(outgoing.data)));
    return canSendMore;
  }
}

function contentOf(kind: Outgoing['kind'], data: Buffer): { kind: string; data: string } {
  return { kind, data: data.toString(kind === 'text' ? 'utf8' : 'base64') };
}
