import { describe, expect, it } from 'vitest';
import { HandshakeError } from '../../../../src/websocket/index.ts';
import { explainFailure } from '../../../src/commands/connect/explain-failure.ts';

function refused(status: number, headers: Record<string, string> = {}): string {
  const message = `Unexpected server response: ${status}`;
  return explainFailure(new HandshakeError('WS_ERR_UNEXPECTED_RESPONSE', message, status, headers));
}

function failed(code: string): string {
  return explainFailure(Object.assign(new Error(`connect ${code} 127.0.0.1:80`), { code }));
}

describe('the explanation of a response without status 101', () => {
  it.each([
    ['a redirect', 302, { location: 'https://a.example/chat' }, /redirects to https:\/\/a.example\/chat.*--follow/],
    ['a redirect without Location', 304, {}, /^The server answered the request as plain HTTP/],
    ['a page', 200, { 'content-type': 'text/html; charset=utf-8' }, /a web page.*path.*proxy.*Upgrade/],
    ['an event stream', 200, { 'content-type': 'text/event-stream' }, /pushwire listen/],
    ['other content', 200, { 'content-type': 'application/json' }, /as plain HTTP.*path.*proxy.*Upgrade/],
    ['a request without Upgrade', 426, { upgrade: 'websocket' }, /without the header field Upgrade.*proxy/],
    ['another version', 426, { 'sec-websocket-version': '8, 7' }, /version 13.*8, 7/],
    ['a bad request', 400, {}, /proxy.*Upgrade/],
    ['missing credentials', 401, {}, /--auth.*--header/],
    ['missing credentials for a proxy', 407, {}, /proxy.*credentials/],
    ['a refusal', 403, {}, /--origin/],
    ['an unknown path', 404, {}, /path/],
    ['a path for other methods', 405, {}, /path/],
    ['too many requests', 429, { 'retry-after': '30' }, /too many.*30/],
    ['a failure of the server', 500, {}, /log/],
    ['a proxy without a server', 502, {}, /proxy.*server behind it/],
  ])('says what to do about %s', (_, status, headers, expected) => {
    expect(refused(status, headers)).toMatch(expected);
  });

  it('names the program that has answered', () => {
    expect(refused(404, { server: 'nginx/1.26' })).toMatch(
      /The header field Server of the response is "nginx\/1.26"\.$/,
    );
    expect(refused(404)).not.toContain('header field Server');
  });

  it('is one line, whatever the server sends', () => {
    expect(refused(302, { location: 'x\ny\x1b[2J', server: 'a\r\nb' })).not.toMatch(/\p{Cc}/u);
  });
});

describe('the explanation of a failed connection', () => {
  it.each([
    ['ECONNREFUSED', /No server listens/],
    ['ENOTFOUND', /no address/],
    ['ERR_SSL_WRONG_VERSION_NUMBER', /without TLS.*ws:/],
    ['EPROTO', /without TLS.*ws:/],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', /--ca FILE.*--insecure/],
    ['ERR_TLS_CERT_ALTNAME_INVALID', /--insecure/],
    ['ECONNRESET', /wss:/],
  ])('says what to do about %s', (code, expected) => {
    expect(failed(code)).toMatch(expected);
  });

  it('explains what to do about a server that does not answer in time', () => {
    const failure = new HandshakeError('WS_ERR_HANDSHAKE_TIMEOUT', 'Opening handshake has timed out', 0);
    expect(explainFailure(failure)).toMatch(/Check the port.*wss:.*--timeout MS/);
  });

  it('is empty for an unknown error, and for a response that explains itself', () => {
    expect(failed('EOTHER')).toBe('');
    expect(explainFailure(new Error('other'))).toBe('');
    expect(explainFailure(new HandshakeError('WS_ERR_INVALID_ACCEPT', 'The accept key is wrong', 101))).toBe('');
  });

  it('is that of the cause', () => {
    const cause = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
    expect(explainFailure(new Error('failed', { cause }))).toMatch(/No server listens/);
  });
});
