import { setTimeout as delay } from 'node:timers/promises';
import type { Scene } from './scene.ts';

/** Milliseconds between two events. */
const INTERVAL = 5;
/** Milliseconds that the server tells an event stream to wait. */
const RETRY = 200;
/** Milliseconds before the connections are broken, and after that. */
const BEFORE = 100;
const AFTER = 400;

/** What a dropped connection costs. */
export const recovery: Scene = {
  name: 'recovery',
  title: 'Recovery after a dropped connection',
  text: `An event each ${INTERVAL} ms, and the server breaks the connections. A WebSocket is opened again by the application at once; with a hand-made resume, it says which message it had last, and the server sends the others. An event stream does both by itself, after the time that the server has told it, here ${RETRY} ms and a random part of a quarter of it (without being told, browsers and EventSource wait 3 s or more). The gap is the longest time without an event; lost is what never came.`,
  chart: { kind: 'bars', columns: ['gap (ms)'] },
  waits: true,
  async measure(stage, { sheet }) {
    const { client, server } = stage;
    await server.call('tick', INTERVAL);
    await client.call('beginRecovery', { url: stage.target('websocket', '/recovery').url, retry: RETRY });
    await delay(BEFORE);
    const time = await server.call('drop', undefined);
    await delay(AFTER);
    const last = await server.call('tick', 0);
    // What was sent last arrives.
    await delay(2 * INTERVAL);
    const recovered = await client.call('takeRecovery', undefined);
    for (const [series, { noticed, reopened, received }] of Object.entries(recovered)) {
      const ids = new Set(received.map(({ id }) => id));
      const first = received[0]!.id;
      const back = received.find((event) => event.time >= reopened)!;
      const lastBefore = received.findLast((event) => event.time < reopened)!;
      sheet.add('connection broken', series, {
        'noticed (ms)': noticed - time,
        'open again (ms)': reopened - noticed,
        'next event (ms)': back.time - reopened,
        'gap (ms)': back.time - lastBefore.time,
        'lost (events)': last - first + 1 - ids.size,
        'twice (events)': received.length - ids.size,
      });
    }
  },
};
