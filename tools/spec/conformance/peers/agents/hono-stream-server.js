import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { streamSSE } from 'hono/streaming';

const app = new Hono();
app.get('/', (context) =>
  streamSSE(context, async (stream) => {
    for (let count = 1; !stream.aborted; count++) {
      await stream.writeSSE({ event: 'tick', data: `${count} ü` });
      await stream.sleep(100);
    }
  }),
);
serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => console.log(port));
