import type { Duplex } from 'node:stream';
import { now } from '../clock.ts';

/** When each message was written: the stream has handed it to the system, behind whatever had joined or delayed it. */
export class WriteWatch {
  #waiting: ((time: number) => void)[] = [];

  /** @param transport a socket, or the stream of HTTP/2 */
  constructor(transport: Duplex) {
    const stamp = (): void => {
      if (this.#waiting.length === 0) return;
      const time = now();
      const waiting = this.#waiting;
      this.#waiting = [];
      for (const callback of waiting) callback(time);
    };
    // The two by which a Writable hands on what it was given: those of this object, and not of its class.
    const { _write: write, _writev: writev } = transport;
    transport._write = function (...written) {
      stamp();
      write.apply(this, written);
    };
    if (writev === undefined) return;
    transport._writev = function (...written) {
      stamp();
      writev.apply(this, written);
    };
  }

  /** Tells when the next write begins: to be called before the message is sent. */
  next(callback: (time: number) => void): void {
    this.#waiting.push(callback);
  }
}
