import { Duplex, duplexPair } from 'node:stream';

/** Creates a pair like `stream.duplexPair()`, which early versions of Node.js 20 lack. */
export function streamPair(): [Duplex, Duplex] {
  if (typeof duplexPair === 'function') return duplexPair() as [Duplex, Duplex];
  class End extends Duplex {
    other!: End;
    override _read(): void {}
    override _write(chunk: Buffer, _encoding: string, callback: () => void): void {
      this.other.push(chunk);
      setImmediate(callback);
    }
    override _final(callback: () => void): void {
      this.other.push(null);
      callback();
    }
  }
  const [one, other] = [new End(), new End()];
  one.other = other;
  other.other = one;
  return [one, other];
}
