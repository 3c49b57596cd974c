import type { EventEmitter } from 'node:events';
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import type { Duplex } from 'node:stream';
import { HandshakeError } from '../handshake/handshake-error.ts';
import { Refusal } from '../handshake/refusal.ts';
import type { Counters } from '../session/metrics.ts';
import { type Hook, HookErrors } from './hook-errors.ts';
import { type RefusedSockets, rejectUpgrade } from './reject-upgrade.ts';

/** Service Unavailable, RFC 9110 §15.6.4. */
const UNAVAILABLE = 503;

/** Answers the clients that a server refuses, counts them, and reports them as 'wsClientError'. */
export class RefusedClients {
  readonly #server: Pick<EventEmitter, 'emit' | 'listenerCount'>;
  readonly #counters: Counters;
  readonly #hookErrors: HookErrors;
  readonly #sockets: RefusedSockets = new Set();

  constructor(server: Pick<EventEmitter, 'emit' | 'listenerCount'>, counters: Counters) {
    this.#server = server;
    this.#counters = counters;
    this.#hookErrors = new HookErrors(counters);
  }

  /**
   * Leaves the response to the listeners of 'wsClientError', if there are any. If the reason is temporary, or the path belongs to
   * another handler, the client has made no mistake, so the server itself responds, as in `ws`.
   */
  refuse({ code, status, text, headers }: Refusal, request: IncomingMessage, socket: Duplex): void {
    const isBlameless = status === UNAVAILABLE || code === Refusal.PATH.code;
    if (isBlameless || this.#server.listenerCount('wsClientError') === 0) {
      return this.respond(request, socket, status, text, headers);
    }
    this.#counters.refused++;
    socket.on('error', () => socket.destroy());
    this.#server.emit('wsClientError', new HandshakeError(code, text, status, headers), socket, request);
  }

  /** Responds with an error. The status and the header fields may be those of `verifyClient`. */
  respond(request: IncomingMessage, socket: Duplex, status: number, text: string, headers: OutgoingHttpHeaders): void {
    try {
      rejectUpgrade(socket, this.#sockets, status, text, headers);
    } catch (error) {
      return this.hookFailed('verifyClient', error, request, socket);
    }
    this.#counters.refused++;
  }

  /** `handleProtocols` made a wrong choice: the client receives a 500, and the application an error. */
  invalidProtocol(protocol: unknown, request: IncomingMessage, socket: Duplex): void {
    this.respond(request, socket, 500, 'Server chose a subprotocol that was not offered', {});
    this.#report(this.#hookErrors.countProtocol(protocol), request, socket);
  }

  /**
   * A function of the application failed: the client receives a 500. The listeners of 'wsClientError' receive the error as
   * `cause`. Without a listener, the first error emits a process warning: a client must not be able to end the process.
   */
  hookFailed(hook: Hook, cause: unknown, request: IncomingMessage, socket: Duplex): void {
    this.respond(request, socket, 500, 'Internal Server Error', {});
    this.#report(this.#hookErrors.count(hook, cause), request, socket);
  }

  /** Reports the failure only, because the client was answered or has disconnected. */
  hookFailedLate(hook: Hook, cause: unknown): void {
    this.#hookErrors.warn(this.#hookErrors.count(hook, cause));
  }

  /** Destroys the sockets that have not closed. */
  destroy(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #report(error: HandshakeError, request: IncomingMessage, socket: Duplex): void {
    if (!this.#server.emit('wsClientError', error, socket, request)) this.#hookErrors.warn(error);
  }
}
