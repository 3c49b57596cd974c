import { describe, expect, it } from 'vitest';
import { completeUrl } from '../../../src/commands/arguments/complete-url.ts';

describe('a URL without a scheme', () => {
  it.each([
    ['localhost:8080', 'ws://localhost:8080'],
    ['localhost', 'ws://localhost'],
    ['127.0.0.1:9000/chat?room=1', 'ws://127.0.0.1:9000/chat?room=1'],
    ['[::1]:8080', 'ws://[::1]:8080'],
    ['example.com:443', 'wss://example.com:443'],
    ['example.com:443/chat', 'wss://example.com:443/chat'],
    ['[::1]:443', 'wss://[::1]:443'],
    ['example.com/a:443', 'ws://example.com/a:443'],
  ])('%s is completed to %s', (text, url) => {
    expect(completeUrl(text, 'ws')).toBe(url);
    expect(completeUrl(text, 'http')).toBe(url.replace('ws', 'http'));
  });

  it.each(['ws://a', 'WSS://a', 'http://a', 'ftp://localhost', 'ws+unix:/run/chat.sock', 'not a url', '', ':'])(
    'is left as it is, if it has a scheme or is no URL: %s',
    (text) => {
      expect(completeUrl(text, 'ws')).toBe(text);
    },
  );
});
