import { describe, expect, it, onTestFinished } from 'vitest';
import { freePort } from '../hub/engines/engine-process.ts';
import { startRedis } from '../hub/engines/redis-server.ts';
import { open } from '../support/browser.ts';
import { findRedis } from '../support/external-programs.ts';
import { isDue } from '../support/full-run.ts';
import { LOAD_BALANCERS, startLoadBalancer } from '../support/load-balancer.ts';
import { CLIENTS, idsFrom, kill, publish, received, record, startServer } from './hub-page.ts';

describe.for(['nginx', 'haproxy'] as const)('%s, as in docs/scaling.md, in front of two processes', (name) => {
  // spec/load-balancers.spec.ts has what does not need a browser.
  const test = it.runIf(isDue(`${name} in Chromium`) && findRedis() !== null && LOAD_BALANCERS[name].path !== null);

  test('leads the clients of a process that is killed, and of one that ends in order, to the other one: none misses an event', async () => {
    const redis = await startRedis();
    onTestFinished(() => redis.end());
    const url = `redis://127.0.0.1:${redis.port}`;
    const ports = [await freePort(), await freePort()] as const;
    const [first, second] = [await startServer(ports[0], '--redis', url), await startServer(ports[1], '--redis', url)];
    const page = await open(`http://127.0.0.1:${await startLoadBalancer(name, ports)}/`);
    await record(page);
    const sections = CLIENTS.map((client) => page.locator(`#${client}`));
    /** Publishes a note until both clients show it: the WebSocket that carries it may be lost. */
    const reachesBoth = async (text: string): Promise<void> => {
      for (;;) {
        await page.locator('#web-socket[data-state="open"]').waitFor();
        await publish(page, text);
        const notes = sections.map((section) => section.locator('.log li', { hasText: text }).first());
        const areShown = notes.map((note) => note.waitFor({ timeout: 5_000 }));
        if ((await Promise.allSettled(areShown)).every(({ status }) => status === 'fulfilled')) return;
      }
    };
    await reachesBoth('Both processes run');

    await kill(first.server);
    await page.locator('[data-state="open"]').nth(1).waitFor();
    await reachesBoth('The first process was killed');

    await startServer(ports[0], '--redis', url);
    second.server.process.kill('SIGTERM');
    expect(await second.server.ended()).toBe(0);
    await page.locator('[data-state="open"]').nth(1).waitFor();
    await reachesBoth('The second process has ended');

    for (const client of CLIENTS) {
      const section = page.locator(`#${client}`);
      // Its process was one of the two.
      expect(Number(await section.locator('.connections').textContent())).toBeGreaterThan(1);
      expect(await section.locator('.resets').textContent()).toBe('0');
      const ids = (await received(page, client)).map(({ id }) => id);
      expect(ids).toEqual(idsFrom(ids[0]!, ids.length));
    }
  });
});
