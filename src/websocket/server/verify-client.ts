import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { VerifyCallback, VerifyClient, VerifyClientSync, VerifyInformation } from './server-options.ts';

/**
 * Calls the application's `verifyClient`, which is asynchronous if it has two parameters. Calls back once: an answer after
 * `timeout`, or a second answer, is ignored.
 *
 * @param timeout in milliseconds; 0 for no limit
 */
export function callVerifyClient<Request extends IncomingMessage>(
  verifyClient: VerifyClient<Request>,
  information: VerifyInformation<Request>,
  socket: Duplex,
  timeout: number,
  callback: VerifyCallback,
): void {
  if (verifyClient.length < 2) return callback(Boolean((verifyClient as VerifyClientSync<Request>)(information)));
  let answered = false;
  const once: VerifyCallback = (...answer) => {
    if (answered) return;
    answered = true;
    clearTimeout(timer);
    callback(...answer);
  };
  const timer =
    timeout === 0 ? undefined : setTimeout(once, timeout, false, 503, 'The client was not verified in time');
  // A client that has disconnected needs no response.
  socket.once('close', () => clearTimeout(timer));
  verifyClient(information, once);
}
