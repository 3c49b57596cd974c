import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import type { Duplex } from 'node:stream';
import { callSafely } from '../../shared/call-safely.ts';
import { handleRejection, isObject } from '../../shared/handle-rejection.ts';
import { Refusal } from '../handshake/refusal.ts';
import type { Hook } from './hook-errors.ts';
import { NOT_VERIFIED_IN_TIME } from './upgrade-decision.ts';
import type { VerifyCallback, VerifyClient, VerifyClientSync, VerifyInformation } from './verify-client.ts';

/** The decisions of the application, in this order. Each one is requested only if the previous one was positive. */
export interface Questions<Request extends IncomingMessage> {
  /** Whether the server handles the path of the request. */
  readonly handles: boolean | Promise<boolean>;
  /** Whether the page may connect; null if all may. */
  readonly allowsOrigin: (() => boolean | Promise<boolean>) | null;
  /** Whether the client may connect; null if all may. */
  readonly verifyClient: VerifyClient<Request> | null;
  readonly information: VerifyInformation<Request>;
}

/** Answers the client. One of the methods is called once, unless the client disconnects before. */
export interface AttemptListener {
  /** The server handles the path. Returns false if another server answers the request. */
  claim(): boolean;
  onAccept(): void;
  /** Returns why the server has no room for a further client; null if it has. */
  checkCapacity(): Refusal | null;
  /** The server leaves the request to others. If there are none, the client is refused. */
  onOtherServer(refusal: Refusal): void;
  onRefusal(refusal: Refusal): void;
  /** `verifyClient` refused the client, with a response of its own. */
  onRejection(status: number, text: string, headers: OutgoingHttpHeaders): void;
  /** A function of the application threw, or returned a Promise that was rejected. */
  onHookError(hook: Hook, error: unknown): void;
  /** As `onHookError()`, after the client was answered or has disconnected. */
  onLateHookError(hook: Hook, error: unknown): void;
}

/** After one of these events of the socket, the client needs no response. */
const ENDS = ['error', 'close', 'end'];

/**
 * An upgrade request on which the application decides, synchronously or not. While it waits for a Promise or a callback, errors
 * of the socket are handled, and a timer is running. Afterwards, nothing of that is left on the socket.
 */
export class UpgradeAttempt {
  readonly #socket: Duplex;
  /** The attempts of the server that wait. */
  readonly #waiting: Set<UpgradeAttempt>;
  readonly #listener: AttemptListener;
  /** In milliseconds; 0 for no limit. */
  readonly #timeout: number;
  #timer: NodeJS.Timeout | undefined;
  #ended = false;

  constructor(socket: Duplex, waiting: Set<UpgradeAttempt>, timeout: number, listener: AttemptListener) {
    this.#socket = socket;
    this.#waiting = waiting;
    this.#timeout = timeout;
    this.#listener = listener;
  }

  /** Asks the application. */
  decide<Request extends IncomingMessage>(questions: Questions<Request>): void {
    const { handles, allowsOrigin } = questions;
    // A client that waits takes the place of a connection.
    const refusal = isObject(handles) ? this.#listener.checkCapacity() : null;
    if (refusal !== null) {
      handleRejection(handles, (error) => this.#fail('shouldHandle', error));
      return this.#leave(refusal);
    }
    this.#answer('shouldHandle', handles, (handled) => {
      if (!handled) return this.#leave(Refusal.PATH);
      if (!this.#listener.claim()) return void this.#end();
      const refusal = this.#waiting.has(this) ? null : this.#listener.checkCapacity();
      if (refusal !== null) this.refuse(refusal);
      else if (allowsOrigin === null) this.#verify(questions);
      else {
        this.#ask('origin', allowsOrigin, (allowed) => {
          if (allowed) this.#verify(questions);
          else this.refuse(Refusal.ORIGIN);
        });
      }
    });
  }

  /** Refuses the client, whatever the application answers later. */
  refuse(refusal: Refusal): void {
    if (this.#end()) this.#listener.onRefusal(refusal);
  }

  #leave(refusal: Refusal): void {
    if (this.#end()) this.#listener.onOtherServer(refusal);
  }

  #verify<Request extends IncomingMessage>({ verifyClient, information }: Questions<Request>): void {
    if (verifyClient === null) return this.#accept();
    // As in `ws`, null and 0 stand for the defaults, and a status may be text.
    const answer: VerifyCallback = (verified, code, text, headers) => {
      handleRejection(verified, (error) => this.#fail('verifyClient', error));
      if (verified === true) this.#accept();
      else if (this.#end()) {
        const status = code || 401;
        // Only text is converted: a symbol would throw here, and any invalid status is refused later.
        const number = typeof status === 'string' ? Number(status) : status;
        this.#listener.onRejection(number, text ?? Refusal.UNAUTHORIZED.text, headers ?? {});
      }
    };
    if (verifyClient.length !== 2) {
      return this.#ask('verifyClient', () => (verifyClient as VerifyClientSync<Request>)(information), answer);
    }
    this.#wait();
    // An exception of a listener of 'connection' is not a failure of this function.
    const callback: VerifyCallback = (...args) => callSafely(() => answer(...args));
    try {
      // The function may be async: only its callback decides, but its failure counts.
      handleRejection(verifyClient(information, callback), (error) => this.#fail('verifyClient', error));
    } catch (error) {
      this.#fail('verifyClient', error);
    }
  }

  #accept(): void {
    if (this.#end()) this.#listener.onAccept();
  }

  /**
   * Calls a function of the application that decides with `true`, or with a Promise for it. Any other value means no: a value
   * that is merely truthy, such as a Promise where none is awaited, must not open a connection.
   */
  #ask(hook: Hook, decide: () => unknown, onAnswer: (accepted: boolean) => void): void {
    let answer: unknown;
    try {
      answer = decide();
    } catch (error) {
      return this.#fail(hook, error);
    }
    this.#answer(hook, answer, onAnswer);
  }

  #answer(hook: Hook, answer: unknown, onAnswer: (accepted: boolean) => void): void {
    if (!isObject(answer)) return onAnswer(answer === true);
    this.#wait();
    // Not `answer.then()`: it may throw.
    Promise.resolve<unknown>(answer).then(
      (value) => {
        if (!this.#ended) callSafely(() => onAnswer(value === true));
      },
      (error) => this.#fail(hook, error),
    );
  }

  #wait(): void {
    if (this.#waiting.has(this)) return;
    this.#waiting.add(this);
    for (const event of ENDS) this.#socket.on(event, this.#onSocketEnd);
    // A disconnection is detected only while reading. Received data waits in the stream, up to its high-water mark.
    this.#socket.read(0);
    if (this.#timeout > 0) this.#timer = setTimeout(() => this.refuse(NOT_VERIFIED_IN_TIME), this.#timeout);
  }

  #fail(hook: Hook, error: unknown): void {
    if (this.#end()) this.#listener.onHookError(hook, error);
    else this.#listener.onLateHookError(hook, error);
  }

  /** Returns false if the attempt has ended before. */
  #end(): boolean {
    if (this.#ended) return false;
    this.#ended = true;
    if (this.#waiting.delete(this)) {
      clearTimeout(this.#timer);
      for (const event of ENDS) this.#socket.off(event, this.#onSocketEnd);
    }
    return true;
  }

  readonly #onSocketEnd = (): void => {
    if (!this.#end()) return;
    // The socket may emit another error before it closes.
    this.#socket.on('error', () => {});
    this.#socket.destroy();
  };
}
