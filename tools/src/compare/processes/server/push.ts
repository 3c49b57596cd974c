/** Messages from the server to the clients. */
import { callAt, now } from '../../clock.ts';
import { messageText, recordText } from '../../message.ts';
import type { FloodOptions, Pushed, PushOptions } from '../server-operations.ts';
import { afterHold } from './hold.ts';
import { receivers } from './receivers.ts';

export async function push({ techniques, bytes, count, rate, records, firstId }: PushOptions): Promise<Pushed[]> {
  const start = now() + 1;
  const make = records ? recordText : messageText;
  const pushes = Array.from({ length: count }, (_, index): Promise<Pushed[]> => {
    const technique = techniques[index % techniques.length]!;
    const id = firstId + index;
    const origin = start + (index * 1000) / rate;
    return new Promise((resolve) => {
      callAt(origin, () => {
        const message = make(id, bytes);
        afterHold(() => {
          const written = [...receivers[technique]].map(
            ({ watch, send }) =>
              new Promise<Pushed>((done) => {
                watch.next((time) => done({ id, technique, origin, written: time }));
                send(message);
              }),
          );
          resolve(Promise.all(written));
        });
      });
    });
  });
  return (await Promise.all(pushes)).flat();
}

export async function flood({ technique, bytes, count, records }: FloodOptions): Promise<void> {
  const [receiver] = receivers[technique];
  if (receiver === undefined) throw new Error(`No client is connected by ${technique}`);
  const make = records ? recordText : messageText;
  for (let id = 0; id < count; id++) {
    if (receiver.send(make(id, bytes))) continue;
    await new Promise<void>((resolve) => receiver.onceDrained(resolve));
  }
}
