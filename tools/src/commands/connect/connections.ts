import { setTimeout as delay } from 'node:timers/promises';
import { HandshakeError, WebSocket } from 'pushwire';
import { isPermanentError } from '../arguments/explain-error.ts';

/** Milliseconds until the second attempt. Each failed attempt doubles them. */
const FIRST_DELAY = 1_000;
const LONGEST_DELAY = 30_000;

/** How a connection ended. */
export interface Ending {
  readonly code: number;
  /** Why it failed; undefined if it did not. */
  readonly failure: Error | undefined;
  /** Whether it was open before. */
  readonly opened: boolean;
}

export interface ConnectionsOptions {
  /** Makes the WebSocket of each connection. */
  readonly open: () => WebSocket;
  /** Whether to connect again when a connection is lost. */
  readonly reconnects: boolean;
  /** Called with each WebSocket before it is open. */
  readonly attach: (socket: WebSocket) => void;
  /** Called when a connection was lost and the next one follows. @param milliseconds the time until then */
  readonly onLost: (ending: Ending, milliseconds: number) => void;
  /** Waits between two attempts. Default: a timer. */
  readonly wait?: (milliseconds: number, signal: AbortSignal) => Promise<unknown>;
}

/** One connection, or one after another, until `close()` is called. */
export class Connections {
  readonly #options: ConnectionsOptions;
  readonly #stopped = new AbortController();
  #socket: WebSocket;

  /** Makes the first WebSocket. @throws what `open` throws */
  constructor(options: ConnectionsOptions) {
    this.#options = options;
    this.#socket = options.open();
  }

  /** Closes the connection, and makes no other. @throws if the code or the reason is invalid */
  close(code = 1000, reason?: string): void {
    this.#socket.close(code, reason);
    this.#stopped.abort();
  }

  /** As `close()`. The second call does not wait for the server's Close frame. */
  interrupt(): void {
    if (this.#socket.readyState === WebSocket.CLOSING) this.#socket.terminate();
    else this.close();
  }

  /** Resolves when the last connection has ended. If none was ever open, with why the last attempt failed. */
  async run(): Promise<Ending> {
    const { open, reconnects, onLost, wait = (time, signal) => delay(time, undefined, { signal }) } = this.#options;
    const { signal } = this.#stopped;
    const closed: Ending = { code: 1000, failure: undefined, opened: false };
    let wasOpen = false;
    for (let failures = 0; ; failures++) {
      const ending = await this.#ended();
      if (ending.opened) failures = 0;
      // The attempt to connect again was cancelled.
      if (signal.aborted && wasOpen && !ending.opened) return closed;
      wasOpen ||= ending.opened;
      if (!reconnects || signal.aborted || isPermanent(ending.failure)) return ending;
      const time = Math.min(FIRST_DELAY * 2 ** failures, LONGEST_DELAY);
      onLost(ending, time);
      await wait(time, signal).catch(() => {});
      if (signal.aborted) return wasOpen ? closed : ending;
      this.#socket = open();
    }
  }

  #ended(): Promise<Ending> {
    const socket = this.#socket;
    let failure: Error | undefined;
    let opened = false;
    socket.on('open', () => {
      opened = true;
    });
    socket.on('error', (error) => {
      failure = error;
    });
    this.#options.attach(socket);
    return new Promise((resolve) => socket.on('close', (code) => resolve({ code, failure, opened })));
  }
}

/**
 * Whether the next attempt would fail, too: the server has answered, and does not say that it has a problem itself, or the error is a
 * permanent one.
 */
function isPermanent(failure: Error | undefined): boolean {
  if (failure instanceof HandshakeError) return failure.status > 0 && failure.status < 500;
  return isPermanentError(failure);
}
