import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { parseWebSocketUrl } from '../../src/websocket/client/url.ts';
import { WebSocket } from '../../src/websocket/index.ts';
import { openClient, startServer } from '../support/sockets.ts';

describe('RFC 6455 §3, WebSocket URIs', () => {
  it('have the schemes ws and wss; http and https are aliases', () => {
    const urls = ['ws://a/', 'wss://a/', 'http://a/', 'https://a/', 'WS://A'];
    expect(urls.map((url) => parseWebSocketUrl(url).url.href)).toEqual([
      'ws://a/',
      'wss://a/',
      'ws://a/',
      'wss://a/',
      'ws://a/',
    ]);
  });

  for (const url of [
    '',
    'foo',
    '//a',
    'ws:',
    'ws://',
    'ftp://a',
    'mailto:a@b',
    'javascript:0',
    'ws://a/#',
    'ws://a/#b',
  ]) {
    it(`throw a SyntaxError if they are like ${JSON.stringify(url)}`, () => {
      expect(() => new WebSocket(url)).toThrow(
        expect.objectContaining({ name: 'SyntaxError', code: 'WS_ERR_INVALID_URL' }),
      );
    });
  }

  it('give the resource name: the path and the query, "/" for an empty path', async () => {
    const { server, url } = await startServer();
    for (const [suffix, resourceName] of [
      ['', '/'],
      ['/a%20b/c?d=e&f', '/a%20b/c?d=e&f'],
      ['?q', '/?q'],
    ] as const) {
      const connection = once(server, 'connection');
      await openClient(url + suffix);
      expect((await connection)[1].url).toBe(resourceName);
    }
  });

  it('are serialized as they were parsed', async () => {
    const { url } = await startServer();
    expect((await openClient(url.replace('ws:', 'http:'))).url).toBe(`${url}/`);
  });

  it('may have characters outside of ASCII, which are encoded (§11.1.1, §11.1.2)', () => {
    const { url, hostname, path } = parseWebSocketUrl('wss://bücher.example/grüße 你?q=ü');
    expect(hostname).toBe('xn--bcher-kva.example');
    expect(path).toBe('/gr%C3%BC%C3%9Fe%20%E4%BD%A0?q=%C3%BC');
    expect(url.href).toBe(`wss://xn--bcher-kva.example${path}`);
  });

  it('keep %23, the escape of "#"', () => {
    expect(parseWebSocketUrl('ws://a/b%23c?d%23e').path).toBe('/b%23c?d%23e');
  });
});
