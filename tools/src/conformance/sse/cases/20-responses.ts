import { hasHeartbeat } from '../exchange.ts';
import type { StreamServerCase } from '../server-case.ts';
import { casesOf, failedUnless, hasStreamType, NO_RESPONSE, nonStrictUnless, shown } from './judgements.ts';

/** 20: the response of an event-stream server, WHATWG HTML §9.2.3 and §9.2.7. */
export const streamResponses: readonly StreamServerCase[] = casesOf('20.1', [
  [
    'The status is 200',
    'HTML §9.2.3',
    ({ status }) => failedUnless(status === 200, `Wrong status; expected 200; received ${status || 'no response'}`),
  ],
  ['Content-Type is text/event-stream', 'HTML §9.2.3', ({ fields }) => hasStreamType(fields['content-type'])],
  [
    'The charset of Content-Type, if present, is utf-8',
    'HTML §17, text/event-stream',
    ({ fields }) => {
      const [, charset] = (fields['content-type'] ?? '').match(/;\s*charset\s*=\s*"?([^";\s]*)/i) ?? [];
      return failedUnless(
        charset === undefined || /^utf-8$/i.test(charset),
        `Wrong charset; expected utf-8; received ${charset}`,
      );
    },
  ],
  [
    'Cache-Control prevents shared caching',
    'RFC 9111 §5.2.2',
    ({ fields }) =>
      nonStrictUnless(
        /\b(no-store|no-cache|private|max-age=0)\b/i.test(fields['cache-control'] ?? ''),
        `Wrong Cache-Control; expected no-store, no-cache, private or max-age=0; received ${shown(fields['cache-control'])}`,
      ),
  ],
  [
    'The response is valid HTTP',
    'RFC 9112 §7.1',
    ({ violation }) => failedUnless(violation === undefined, `The server sent ${violation}`),
  ],
  [
    'A stream that does not end has no Content-Length',
    'RFC 9110 §8.6',
    ({ fields, ended }) =>
      failedUnless(
        ended || fields['content-length'] === undefined,
        `Unexpected Content-Length; expected none; received ${fields['content-length']}`,
      ),
  ],
  [
    'The version is HTTP/1.1',
    'RFC 9112 §2.3',
    ({ version }) =>
      nonStrictUnless(version === '1.1', `Wrong HTTP version; expected 1.1; received ${version || 'no response'}`),
  ],
  [
    'The head arrives without delay',
    'HTML §9.2.3',
    ({ headTime, status }) =>
      status === 0
        ? ['FAILED', NO_RESPONSE]
        : nonStrictUnless(
            headTime <= 1000,
            `The head, and so the 'open' event, is late; expected within 1000 ms; received after ${Math.round(headTime)} ms`,
          ),
  ],
  [
    'A heartbeat arrives within 20 seconds',
    'HTML §9.2.7',
    (response) =>
      nonStrictUnless(
        response.ended || hasHeartbeat(response),
        `No heartbeat; proxies may end the silent connection; received nothing for ${Math.round(response.duration / 1000)} s`,
      ),
    {},
    'quiet',
  ],
]);
