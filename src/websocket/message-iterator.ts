import type { MessageData } from './event-target.ts';
import type { WebSocket } from './websocket.ts';

/** A message of `for await`: text as a string, bytes as `binaryType` says. */
export type IteratedMessage = string | Exclude<MessageData, string>;

/**
 * The messages that come from now on, until the connection is over. While one is worked on, the socket is paused, so that
 * nothing piles up here and the peer has to wait. Who leaves the loop gets a paused socket: nothing is lost until
 * `resume()`, or the next loop.
 *
 * @throws what 'error' tells: the peer broke the protocol, or the connection was lost
 */
export async function* iterateMessages(socket: WebSocket): AsyncGenerator<IteratedMessage, void, undefined> {
  let message: IteratedMessage | undefined;
  let failure: Error | undefined;
  let wake: () => void = () => {};
  const onMessage = (data: MessageData, isBinary: boolean): void => {
    message = isBinary ? data : data.toString();
    // So there is one at a time, also of those that came in one chunk: none is lost when the loop is left.
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
