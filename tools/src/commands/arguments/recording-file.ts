import { mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { jsonLine, printableLine } from '../../terminal/printable.ts';
import { UsageError } from './usage-error.ts';

/** The file of --record: a line of JSON for each event. It has all events at any time, even if the process is killed. */
export class RecordingFile {
  readonly #file: number;
  readonly #start = performance.now();
  #failed = false;

  /** Replaces the file, and creates its folder. @throws {UsageError} if it cannot be written */
  constructor(path: string) {
    try {
      mkdirSync(dirname(path), { recursive: true });
      this.#file = openSync(path, 'w');
    } catch (error) {
      throw new UsageError(`--record ${path}: ${(error as Error).message}`);
    }
  }

  /** Writes an event with the time since the file was opened, in milliseconds. */
  write(event: 'open' | 'sent' | 'received' | 'close', details: object): void {
    if (this.#failed) return;
    const time = Math.round(performance.now() - this.#start);
    try {
      writeSync(this.#file, jsonLine({ time, event, ...details }));
    } catch (error) {
      this.#failed = true;
      process.exitCode = 1;
      console.error(`pushwire: --record: ${printableLine((error as Error).message)}`);
    }
  }
}
