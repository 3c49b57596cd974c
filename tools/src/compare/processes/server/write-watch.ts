import type { Duplex } from 'node:stream';
import { now } from '../../clock.ts';

/** Observes when a stream hands messages to the operating system, after any batching and delay in between. */
export class WriteWatch {
  #waiting: ((time: number) => void)[] = [];

  /** @param transport a socket or an HTTP/2 stream */
  constructor(transport: Duplex) {
    const notify = (): void => {
      if (this.#waiting.length === 0) return;
      const time = now();
      const waiting = this.#waiting;
      this.#waiting = [];
      for (const callback of waiting) callback(time);
    };
    // A Writable passes its chunks to these two methods. They are replaced on this object only.
    const { _write: write, _writev: writev } = transport;
    transport._write = function (...written) {
      notify();
      write.apply(this, written);
    };
    if (writev === undefined) return;
    transport._writev = function (...written) {
      notify();
      writev.apply(this, written);
    };
  }

  /** Calls back with the time of the next write. To be called before the message is sent. */
  next(callback: (time: number) => void): void {
    this.#waiting.push(callback);
  }
}
