import { describe, expect, it, onTestFinished } from 'vitest';
import { startRedis } from '../hub/engines/redis-server.ts';
import { open } from '../support/browser.ts';
import { findRedis } from '../support/external-programs.ts';
import { isDue } from '../support/full-run.ts';
import { CLIENTS, idsFrom, kill, publish, received, record, shown, startServer } from './hub-page.ts';

describe('the page of examples/hub', () => {
  // `npm test` has the hardest of these if Redis is installed: the last one.
  it.runIf(isDue('reset of the hub page') || findRedis() === null)(
    'shows a reset to both clients when the server is killed, and its log is lost',
    async () => {
      const { server, port } = await startServer(0);
      const page = await open(`http://127.0.0.1:${port}/`);
      await record(page);
      await shown(page, 1, `process ${server.process.pid}`);
      await kill(server);
      await page.locator('[data-state="waiting"]').nth(1).waitFor();
      const { server: next } = await startServer(port);
      await shown(page, 2, `process ${next.process.pid}`);
      await publish(page, 'The server is back');
      await shown(page, 2, 'The server is back');
      for (const client of CLIENTS) {
        const events = await received(page, client);
        const reset = events.findIndex(({ isReset }) => isReset);
        const [before, after] = [events.slice(0, reset), events.slice(reset + 1)].map((part) =>
          part.map(({ id }) => id),
        );
        expect(before).toEqual(idsFrom(before![0]!, before!.length));
        expect(after).toEqual(idsFrom(after![0]!, after!.length));
        expect(after).not.toEqual([]);
        expect(await page.locator(`#${client} .resets`).textContent()).toBe('1');
      }
    },
  );

  it.runIf(isDue('return of the hub page'))('reconnects automatically when the server shuts down', async () => {
    const { server, port } = await startServer(0);
    const page = await open(`http://127.0.0.1:${port}/`);
    await shown(page, 1, `process ${server.process.pid}`);
    server.process.kill('SIGTERM');
    expect(await server.ended()).toBe(0);
    const { server: next } = await startServer(port);
    await shown(page, 2, `process ${next.process.pid}`);
  });

  it.runIf(findRedis() !== null)(
    'misses nothing and shows nothing twice when one of two servers with Redis is killed',
    async () => {
      const redis = await startRedis();
      onTestFinished(() => redis.end());
      const url = `redis://127.0.0.1:${redis.port}`;
      const { server, port } = await startServer(0, '--redis', url);
      const { server: other } = await startServer(0, '--redis', url);
      const page = await open(`http://127.0.0.1:${port}/`);
      await record(page);
      await shown(page, 1, `process ${other.process.pid}`);
      await kill(server);
      await page.locator('[data-state="waiting"]').nth(1).waitFor();
      const { server: next } = await startServer(port, '--redis', url);
      await shown(page, 2, `process ${next.process.pid}`);
      await publish(page, 'The server is back');
      await shown(page, 2, 'The server is back');
      for (const client of CLIENTS) {
        const events = await received(page, client);
        expect(events.map(({ id }) => id)).toEqual(idsFrom(events[0]!.id, events.length));
        expect(await page.locator(`#${client} .resets`).textContent()).toBe('0');
      }
    },
  );
});
