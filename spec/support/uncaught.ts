/** Resolves with the next uncaught exception, and hides it from the test runner. */
export function nextUncaughtException(): Promise<Error> {
  return new Promise((resolve) => {
    const others = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.once('uncaughtException', (error) => {
      for (const listener of others) process.on('uncaughtException', listener);
      resolve(error);
    });
  });
}
