// The DevTools protocol of a Chromium by chrome-remote-interface: targets, commands, events, large answers, and the end.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import CDP from 'chrome-remote-interface';
import { briefError, exchanged, say } from '../transcript.js';

const profile = await mkdtemp(join(tmpdir(), 'chrome-remote-interface-'));
const flags = ['--remote-debugging-port=0', `--user-data-dir=${profile}`, 'about:blank'];
const browser = spawn(process.env.CHROMIUM_PATH, [...JSON.parse(process.env.CHROMIUM_ARGUMENTS), ...flags], {
  stdio: ['ignore', 'ignore', 'pipe'],
  // A signal must reach each process of the browser.
  detached: true,
});
const kill = () => process.kill(-browser.pid, 'SIGKILL');
const exited = once(browser, 'exit');
const limit = setTimeout(kill, 30_000);
try {
  let port;
  for await (const line of createInterface({ input: browser.stderr })) {
    port = /^DevTools listening on ws:\/\/127\.0\.0\.1:(\d+)\//.exec(line)?.[1];
    if (port !== undefined) break;
  }
  browser.stderr.resume();
  const where = { host: '127.0.0.1', port: Number(port), local: true };
  const client = await CDP(where);
  client.on('disconnect', () => say('disconnect'));
  const { Page, Runtime } = client;
  Runtime.consoleAPICalled(({ type, args }) => say(`console.${type}: ${args.map(({ value }) => value)}`));
  await Promise.all([Page.enable(), Runtime.enable()]);
  const loaded = Page.loadEventFired();
  await Page.navigate({ url: `data:text/html;charset=utf-8,<title>${encodeURIComponent('eine Seite ☺')}</title>` });
  await loaded;
  const evaluate = async (expression) => {
    const { result, exceptionDetails } = await Runtime.evaluate({ expression, awaitPromise: true });
    return exceptionDetails?.exception.description.split('\n')[0] ?? result.value;
  };
  say(`title: ${await evaluate('document.title')}`);
  say(`an answer of ${(await evaluate('"x".repeat(5_000_000)')).length} characters`);
  say(`an argument of ${await evaluate(`${JSON.stringify('ü'.repeat(2_000_000))}.length`)} characters`);
  say(`a rejection: ${await evaluate('Promise.reject(new TypeError("of the page"))')}`);
  await evaluate('for (let index = 0; index < 20; index++) console.log("line", index)');
  await Runtime.evaluate({ wrong: true }).catch(({ message }) => say(`a wrong command: ${message}`));
  const sums = Array.from({ length: 100 }, (_, index) => evaluate(`${index} + 1`));
  say(`100 commands: ${(await Promise.all(sums)).reduce((sum, number) => sum + number)}`);
  const { data } = await Page.captureScreenshot();
  say(`a screenshot: ${Buffer.from(data, 'base64').toString('latin1', 1, 4)}`);

  const target = await CDP.New(where);
  const second = await CDP({ ...where, target });
  say(`a second page: ${(await second.Runtime.evaluate({ expression: '6 * 7' })).result.value}`);
  await second.close();
  await CDP.Close({ ...where, id: target.id });
  for (const path of ['/devtools/page/wrong', '/wrong']) {
    const error = await CDP({ ...where, target: path }).catch((reason) => reason);
    say(`${path}: ${briefError(error)}`);
  }
  const waiting = evaluate('new Promise(() => {})').catch((error) =>
    say(`the browser is killed: ${briefError(error)}`),
  );
  const disconnected = new Promise((resolve) => client.on('disconnect', resolve));
  kill();
  await Promise.all([waiting, disconnected, exited]);
  await evaluate('1').catch(({ message }) => say(`after it: ${message}`));
} finally {
  clearTimeout(limit);
  if (browser.exitCode === null && browser.signalCode === null) kill();
  await exited;
  await rm(profile, { recursive: true, force: true, maxRetries: 5 });
}
exchanged('commands, events, a screenshot, answers of 5 MB, two pages; wrong paths, a browser that is killed');
