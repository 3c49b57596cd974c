/** The callbacks of each signal. A listener for each of them would be reported as a leak, from the eleventh on. */
const callbacks = /* @__PURE__ */ new WeakMap<AbortSignal, Set<() => void>>();

/** Calls the function when the signal is aborted. Many functions share one listener. `offAbort()` removes the function. */
export function onAbort(signal: AbortSignal, callback: () => void): void {
  const existing = callbacks.get(signal);
  if (existing !== undefined) {
    existing.add(callback);
    return;
  }
  const added = new Set([callback]);
  callbacks.set(signal, added);
  signal.addEventListener('abort', () => callAll(signal, added), { once: true });
}

/** Removes a function that `onAbort()` has added. The shared listener stays: a signal without functions holds nothing else. */
export function offAbort(signal: AbortSignal, callback: () => void): void {
  callbacks.get(signal)?.delete(callback);
}

function callAll(signal: AbortSignal, added: ReadonlySet<() => void>): void {
  callbacks.delete(signal);
  for (const callback of added) callback();
}
