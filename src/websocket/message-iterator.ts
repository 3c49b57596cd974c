import type { EventEmitter } from 'node:events';
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

/**
 * Yields the messages that are received from now on, until the connection is closed. While the loop body runs, the socket
 * is paused, so nothing is queued and the peer has to wait. Leaving the loop leaves the socket paused: no message is lost
 * until `resume()` or the next loop.
 *
 * @throws the Error of the event 'error' if the connection failed
 */
export async function* iterateMessages(socket: MessageSource): AsyncGenerator<IteratedMessage, void, undefined> {
  let message: IteratedMessage | undefined;
  let failure: Error | undefined;
  let wake: () => void = () => {};
  const onMessage = (data: MessageData, isBinary: boolean): void => {
    message = isBinary ? data : data.toString();
    // At once: otherwise, the next message of the same chunk would be lost if the loop ended here.
    socket.pause();
    wake();
  };
  const onError = (error: Error): void => {
    failure = error;
  };
  const onClose = (): void => wake();
  socket.on('message', onMessage);
  socket.on('error', onError);
  socket.on('close', onClose);
  try {
    socket.resume();
    for (;;) {
      if (message !== undefined) {
        const next = message;
        message = undefined;
        yield next;
        socket.resume();
      } else if (socket.readyState === socket.CLOSED) {
        if (failure !== undefined) throw failure;
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
