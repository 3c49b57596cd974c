import type { EventEmitter } from 'node:events';
import { CompactingQueue } from '../shared/compacting-queue.ts';
import { decodeText } from '../shared/decode-text.ts';
import type { MessageData } from './session/message-data.ts';

/** A message of `for await`: a string for text; `binaryType` selects the type of binary data. */
export type IteratedMessage = string | Exclude<MessageData, string>;

/** The part of WebSocket that an iterator needs. */
interface MessageSource extends Pick<EventEmitter, 'on' | 'off'> {
  readonly readyState: number;
  readonly CLOSED: number;
  pause(): void;
  resume(): void;
}

/** A message in the queue: the queue holds objects. */
interface Queued {
  readonly message: IteratedMessage;
}

/**
 * Yields the messages that are received from now on, until the connection is closed. While the loop body runs, the socket
 * is paused, so nothing is queued and the peer has to wait. If the connection ends meanwhile, the loop receives all messages that
 * have arrived. If the loop is left, the socket stays paused: no message is lost until `resume()` or the next loop.
 *
 * @param state  has the error of the event 'error', if the connection has failed
 * @throws the error of a failed connection, after the last message, even if the loop begins after the failure
 */
export async function* iterateMessages(
  socket: MessageSource,
  state: { readonly failure: Error | null },
): AsyncGenerator<IteratedMessage, void, undefined> {
  // More than one message only if the connection ends while the loop body runs.
  const queue = new CompactingQueue<Queued>();
  let wake: () => void = () => {};
  const onMessage = (data: MessageData, isBinary: boolean): void => {
    queue.push({ message: isBinary ? data : decodeText(data as Buffer) });
    // At once: otherwise, the next message of the same chunk would be lost if the loop ended here.
    socket.pause();
    wake();
  };
  const onClose = (): void => wake();
  socket.on('message', onMessage);
  // Without a listener, the error would be reported as unhandled.
  const onError = (): void => {};
  socket.on('error', onError);
  socket.on('close', onClose);
  try {
    socket.resume();
    for (;;) {
      const next = queue.shift();
      if (next !== undefined) {
        yield next.message;
        if (queue.length === 0) socket.resume();
      } else if (socket.readyState === socket.CLOSED) {
        if (state.failure !== null) throw state.failure;
        return;
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  } finally {
    socket.off('message', onMessage);
    socket.off('error', onError);
    socket.off('close', onClose);
  }
}
