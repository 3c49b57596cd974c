import { setTimeout as delay } from 'node:timers/promises';
import type { Scene } from './scene.ts';

/** Milliseconds between two events. */
const INTERVAL = 5;
/** The `retry` field that the server sends, in milliseconds. */
const RETRY = 200;
/** How long to run before and after the connections are broken, in milliseconds. */
const BEFORE = 100;
const AFTER = 1_200;

/** How clients recover from a dropped connection. */
export const recovery: Scene = {
  name: 'recovery',
  title: 'Recovery after a dropped connection',
  text: `The server sends an event every ${INTERVAL} ms and breaks the connections. The application reopens its WebSocket immediately. With a manual resume, it also sends the ID of its last message, and the server sends the missed messages. An event stream does both automatically, after the time in the \`retry\` field: here ${RETRY} ms, plus up to a quarter at random. (Without this field, browsers and EventSource wait 3 s or more.) The gap is the time between the last event before and the first event after the break. Lost events have not arrived.`,
  chart: { kind: 'bars', columns: ['gap (ms)'] },
  isMostlyIdle: true,
  async measure(testBed, { table }) {
    const { client, server } = testBed;
    await server.call('tick', INTERVAL);
    await client.call('beginRecovery', { url: testBed.target('websocket', '/recovery').url, retry: RETRY });
    await delay(BEFORE);
    const time = await server.call('drop', undefined);
    await delay(AFTER);
    const last = await server.call('tick', 0);
    // Let the last events arrive.
    await delay(2 * INTERVAL);
    const recovered = await client.call('takeRecovery', undefined);
    for (const [series, { noticed, reopened, received }] of Object.entries(recovered)) {
      const ids = new Set(received.map(({ id }) => id));
      const first = received[0]!.id;
      const firstAfter = received.find((event) => event.time >= reopened)!;
      const lastBefore = received.findLast((event) => event.time < reopened)!;
      table.add('connection broken', series, {
        'noticed (ms)': noticed - time,
        'reopened (ms)': reopened - noticed,
        'next event (ms)': firstAfter.time - reopened,
        'gap (ms)': firstAfter.time - lastBefore.time,
        'lost (events)': last - first + 1 - ids.size,
        'duplicated (events)': received.length - ids.size,
      });
    }
  },
};
