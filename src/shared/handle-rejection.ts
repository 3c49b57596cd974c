/** Whether a value may be a Promise. Its property `then` is not read: that may throw. */
export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** Handles the rejection of a value that a function of the application returned, if the value is a Promise that is not awaited. */
export function handleRejection(value: unknown, onRejected: (error: unknown) => void): void {
  if (isObject(value)) Promise.resolve(value).catch(onRejected);
}

/** Calls a function of the application that may return a Promise. `onFailed` receives what it throws, or the reason of the rejection. */
export function callHook(call: () => unknown, onFailed: (error: unknown) => void): void {
  try {
    handleRejection(call(), onFailed);
  } catch (error) {
    onFailed(error);
  }
}
