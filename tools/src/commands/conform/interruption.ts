import { constants } from 'node:os';
import { abandonOutput } from '../../terminal/abandon-output.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * At the first signal that ends a program, calls `finish`, and exits with the status of that signal, such as 130 for Ctrl+C. A
 * second signal ends the process at once. Returns a function that stops listening.
 */
export function onInterruption(finish: () => Promise<void>): () => void {
  const listeners = SIGNALS.map((signal) => {
    const listener = (): void => {
      const status = 128 + constants.signals[signal];
      for (const one of SIGNALS) {
        process.removeAllListeners(one);
        process.on(one, () => process.exit(status));
      }
      void finish().finally(() => endNow(status));
    };
    process.on(signal, listener);
    return { signal, listener };
  });
  return () => {
    for (const { signal, listener } of listeners) process.off(signal, listener);
  };
}

/** Exits, although connections are open, when the output has been written. */
export function endNow(status: number): void {
  process.exitCode = status;
  abandonOutput();
  process.stdout.write('', () => process.stderr.write('', () => process.exit()));
}
