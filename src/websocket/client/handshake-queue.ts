/** A place in a queue. `onTurn` is null when the handshake is in progress. */
interface Place {
  onTurn: (() => void) | null;
}

/** For each host and port, the opening handshake in progress, and those that wait for it. */
const queues = /* @__PURE__ */ new Map<string, Place[]>();

/**
 * Puts an opening handshake behind all earlier ones with the same host and port: "There MUST be no more than one connection in a
 * CONNECTING state" (RFC 6455 §4.1). A host with two names counts as two hosts.
 *
 * @param onTurn called when its turn has come, if it has to wait
 * @returns whether it has to wait, and a function to call when the handshake is complete or has failed, also while it waits
 */
export function enterQueue(
  host: string,
  port: string | number,
  onTurn: () => void,
): { readonly waits: boolean; readonly leave: () => void } {
  const key = `${host}:${port}`;
  const queue = queues.get(key) ?? [];
  queues.set(key, queue);
  const waits = queue.length > 0;
  const place: Place = { onTurn: waits ? onTurn : null };
  queue.push(place);
  const leave = (): void => {
    const index = queue.indexOf(place);
    if (index === -1) return;
    queue.splice(index, 1);
    if (queue.length === 0) queues.delete(key);
    // Not synchronously: a listener may have caused this.
    else if (index === 0) process.nextTick(startFirst, queue);
  };
  return { waits, leave };
}

/** The first one may be in progress already, or the queue empty, if others have left meanwhile. */
function startFirst([first]: readonly Place[]): void {
  const onTurn = first?.onTurn;
  if (!onTurn) return;
  first!.onTurn = null;
  onTurn();
}
