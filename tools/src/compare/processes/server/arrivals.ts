/** Messages from the clients. */
import { now } from '../../clock.ts';
import { messageId } from '../../message.ts';
import type { Arrival } from '../server-operations.ts';
import { afterHold } from './hold.ts';
import type { Receiver } from './receivers.ts';

const arrivals = new Map<number, Arrival>();

/** The server application: records the arrival of a message, and pushes it back to the client if it has a receiver. */
export function handleMessage(receiver: Receiver | undefined, message: string): void {
  const arrived = now();
  const id = messageId(message);
  arrivals.set(id, { arrived });
  if (receiver === undefined) return;
  afterHold(() => {
    receiver.watch.next((written) => arrivals.set(id, { arrived, written }));
    receiver.send(message);
  });
}

export function takeArrivals({
  first,
  count,
}: {
  readonly first: number;
  readonly count: number;
}): [number, Arrival][] {
  const taken = [...arrivals].filter(([id]) => id >= first && id < first + count);
  for (const [id] of taken) arrivals.delete(id);
  return taken;
}
