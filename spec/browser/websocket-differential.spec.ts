import { createContext, runInContext } from 'node:vm';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EventSource } from '../../src/sse/index.ts';
import { BrowserWebSocket, CloseEvent, MessageEvent, WebSocketServer } from '../../src/websocket/index.ts';
import { listen } from '../interoperation/echo.ts';
import { returnPage, takePage } from '../support/browser.ts';
import { CONVERSION_SCRIPTS } from './conversion-scripts.ts';
import { type Classes, type Environment, SCRIPTS } from './websocket-scripts.ts';

const OURS = { WebSocket: BrowserWebSocket, CloseEvent, MessageEvent } as unknown as Classes;
const ENVIRONMENT = { EventSource, realm: runInContext('globalThis', createContext()) } as unknown as Environment;

/** The same in a page. */
const PAGE = '{ WebSocket, CloseEvent, MessageEvent }';
const PAGE_ENVIRONMENT = `{ EventSource, realm: document.body.appendChild(document.createElement('iframe')).contentWindow }`;

let url: string;
let page: Page;
let close: () => void;
beforeAll(async () => {
  const { http, url: origin } = await listen('ws');
  http.on('request', (_request, response) => response.writeHead(200, { 'Content-Type': 'text/html' }).end());
  const server = new WebSocketServer({ server: http, path: '/echo' });
  server.on('connection', (socket) => {
    socket.on('message', (data, isBinary) => {
      const text = isBinary ? '' : String(data);
      if (text === 'close') socket.close(4000, 'grüße');
      else socket.send(data, { binary: isBinary });
    });
  });
  url = `${origin}/echo`;
  page = await takePage();
  await page.goto(origin.replace('ws', 'http'));
  close = () => {
    for (const client of server.clients) client.terminate();
    http.close();
    http.closeAllConnections();
  };
});
afterAll(async () => {
  await returnPage(page);
  close();
});

describe("Chromium's WebSocket and BrowserWebSocket have the same", () => {
  it.each(Object.entries({ ...CONVERSION_SCRIPTS, ...SCRIPTS }))('%s', async (_, script) => {
    const chromiums = await page.evaluate(`(${script})(${PAGE}, '${url}', ${PAGE_ENVIRONMENT})`);
    expect(await script(OURS, url, ENVIRONMENT)).toEqual(chromiums);
  });
});
