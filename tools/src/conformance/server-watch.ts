import { setTimeout as wait } from 'node:timers/promises';
import type { CaseGuard } from './case-guard.ts';
import { connect, fillPlaceholders, type HeaderFields } from './raw-connection.ts';
import type { CaseResult } from './verdict.ts';
import { SAMPLE_KEY } from './websocket/protocol.ts';

/** Milliseconds between two looks at a run in which no case ends. */
const LOOK_INTERVAL = 1_000;
/** Before a server counts as dead, so that one that restarts has time for it. */
const ATTEMPTS = 3;
const PAUSE = 1_000;

/** A valid opening handshake, in the form of the cases. */
export const WEBSOCKET_REQUEST: string = [
  'GET PATH HTTP/1.1',
  'Host: HOST',
  'Upgrade: websocket',
  'Connection: Upgrade',
  `Sec-WebSocket-Key: ${SAMPLE_KEY}`,
  'Sec-WebSocket-Version: 13',
  '',
  '',
].join('\r\n');
const STREAM_REQUEST = 'GET PATH HTTP/1.1\r\nHost: HOST\r\nAccept: text/event-stream\r\nConnection: close\r\n\r\n';

/** Sends a valid request. Resolves with why no octet arrives, in words; empty if one does. */
export function silenceOf(url: string, timeLimit: number, headers: HeaderFields = {}): Promise<string> {
  const request = fillPlaceholders(/^ws/i.test(url) ? WEBSOCKET_REQUEST : STREAM_REQUEST, url, headers);
  return new Promise((resolve) => {
    const socket = connect(url, { ALPNProtocols: ['http/1.1'] });
    const done = (reason: string): void => {
      clearTimeout(timer);
      socket
        .removeAllListeners()
        .on('error', () => {})
        .destroy();
      resolve(reason);
    };
    const timer = setTimeout(() => done(`no response within ${timeLimit} ms`), timeLimit);
    socket.on('error', ({ message, code }: Error & { code?: string }) => {
      // OpenSSL: "THREAD:error:CODE:library:function:reason:file:line:".
      const [, reason] = /:error:\w+:[^:]*:[^:]*:([^:]+)/.exec(message) ?? [];
      done(reason === undefined ? message || String(code) : `TLS: ${reason}`);
    });
    socket.on('data', () => done(''));
    socket.on('close', () => done('the connection ended without a response'));
    socket.write(request, 'latin1');
  });
}

/**
 * Watches a server during a run, and ends the run when the server is dead. After a case that FAILED, and when no case ends for the
 * time limit, it sends a valid request. If the server does not answer that either, the cases that were running have no verdict.
 */
export class ServerWatch implements CaseGuard {
  readonly #url: string;
  readonly #timeLimit: number;
  readonly #headers: HeaderFields;
  readonly #running = new Set<string>();
  readonly #timer: NodeJS.Timeout;
  #progressAt: number = performance.now();
  #check: Promise<string> | undefined;
  #reason = '';
  #die: () => void = () => {};
  /** Resolves when the server is dead. */
  readonly death: Promise<void> = new Promise((resolve) => {
    this.#die = resolve;
  });
  /** The cases that have no result because the server is dead. */
  readonly lost: Set<string> = new Set();

  constructor(url: string, timeLimit: number, headers: HeaderFields = {}) {
    this.#url = url;
    this.#timeLimit = timeLimit;
    this.#headers = headers;
    this.#timer = setInterval(() => {
      const isStuck = this.#running.size > 0 && performance.now() - this.#progressAt > this.#timeLimit;
      if (isStuck) void this.#look(ATTEMPTS);
    }, LOOK_INTERVAL).unref();
  }

  /** Why the server is dead, in words; empty while it is not. */
  get reason(): string {
    return this.#reason;
  }

  /**
   * Checks the server before the first case. Resolves with why it does not answer; empty if it does. A server that is still
   * starting has the same time as one that restarts.
   */
  begin(): Promise<string> {
    return this.#look(ATTEMPTS);
  }

  async start(id: string): Promise<boolean> {
    await this.#check;
    if (this.#reason !== '') return false;
    this.#running.add(id);
    return true;
  }

  async finish(result: CaseResult): Promise<boolean> {
    const { id, verdict, closeVerdict, log } = result;
    // Of several cases that were running, each may be the one that the server did not survive.
    const isCause = this.#running.size === 1 && log.some(({ who }) => who === 'agent');
    if ((verdict === 'FAILED' || closeVerdict === 'FAILED') && this.#reason === '') await this.#look(ATTEMPTS);
    if (this.#reason !== '' && !isCause) return false;
    this.#running.delete(id);
    this.lost.delete(id);
    this.#progressAt = performance.now();
    return true;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  /** Resolves with why the server does not answer. Those who ask at the same time share one answer. */
  #look(attempts: number): Promise<string> {
    this.#check ??= this.#try(attempts).then((reason) => {
      this.#check = undefined;
      this.#progressAt = performance.now();
      if (reason === '') return '';
      this.#reason = reason;
      for (const id of this.#running) this.lost.add(id);
      this.#die();
      return reason;
    });
    return this.#check;
  }

  async #try(attempts: number): Promise<string> {
    const reason = await silenceOf(this.#url, this.#timeLimit, this.#headers);
    if (reason === '' || attempts <= 1) return reason;
    await wait(PAUSE);
    return this.#try(attempts - 1);
  }
}
