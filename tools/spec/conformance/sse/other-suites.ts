import { cell } from './numbering.ts';

/** What another suite checks. */
interface Topic {
  readonly name: string;
  /** The cases that check the same. */
  readonly cases?: readonly string[];
  /** Why there is no case. */
  readonly reason?: string;
}

interface Suite {
  readonly name: string;
  readonly address: string;
  readonly topics: readonly Topic[];
}

const PAGE = 'an interface or a policy of web pages, which a driver does not report';
const OPTION = 'an option that the standard does not have';
const CREATION = 'how an object is created, which a driver does not report';

function topic(name: string, ...cases: readonly string[]): Topic {
  return { name, cases };
}
function without(name: string, reason: string): Topic {
  return { name, reason };
}

/** What other suites for event streams check, by the names of their files and tests, and the cases that check the same. */
export const OTHER_SUITES: readonly Suite[] = [
  {
    name: 'Web platform tests, eventsource',
    address: 'https://github.com/web-platform-tests/wpt/tree/master/eventsource',
    topics: [
      topic('event-data: lines of data, empty data', '31.2', '31.7', '31.46'),
      topic(
        'eventsource-close: readyState, close() in a listener, no event after it',
        '35.1.1',
        '35.1.2',
        '35.1.3',
        '32.1.2',
      ),
      topic('eventsource-reconnect: after the end of a stream, and after a failure', '33.1', '32.1.1'),
      topic('eventsource-request-cancellation: close() ends the request', '35.1.6'),
      topic('eventsource-onopen, eventsource-onmessage, eventsource-eventtarget: listeners', '32.1.1', '31.19'),
      topic('eventsource-onmessage: the origin of an event', '32.1.49', '34.1.8'),
      topic('eventsource-readyState', '32.1.1', '33.1'),
      topic('format-bom, format-bom-2: one and two byte order marks', '30.12', '30.14', '30.15', '30.31', '30.32'),
      topic('format-comments: long ones, with NULL, with CR', '31.17', '30.28', '30.35', '30.36'),
      topic('format-data-before-final-empty-line', '31.38', '31.39', '31.40'),
      topic('format-field-data', '31.1', '31.7', '31.8', '31.9'),
      topic('format-field-event, format-field-event-empty', '31.19', '31.22'),
      topic('format-field-id, format-field-id-2: sent, and kept', '33.1.2', '33.1.11', '33.1.24'),
      topic('format-field-id-3: kept, changed, reset', '31.28', '31.50', '31.51'),
      topic('format-field-id-null', '31.33', '31.52', '31.53', '33.1.6'),
      topic('format-field-parsing: names that resemble a field', '31.11', '31.12', '31.14', '31.16', '31.44'),
      topic('format-field-retry', '33.1.12', '33.1.13'),
      topic('format-field-retry-bogus, format-field-retry-empty', '31.36', '33.1.26', '33.1.27'),
      topic('format-field-unknown', '31.15'),
      topic('format-leading-space', '31.3', '31.4', '31.5', '31.47'),
      topic('format-mime-bogus, format-mime-valid-bogus', '32.1.25', '32.1.27', '32.1.31'),
      topic('format-mime-trailing-semicolon', '32.1.47'),
      topic('format-newlines', '30.4', '30.5', '30.6'),
      topic('format-null-character', '30.11'),
      topic('format-utf-8: also with another charset', '30.18', '32.1.35'),
      topic('request-accept, request-cache-control, request-post-to-connect: each request is judged', '32', '33', '34'),
      topic('request-redirect: 301, 302, 303, 307', '34.1'),
      topic(
        'request-status-error: 204, 205, 299, 404, 410, 503 and others',
        '32.1.2',
        '32.1.6',
        '32.1.9',
        '32.1.16',
        '32.1.21',
      ),
      without('eventsource-constructor, eventsource-url, eventsource-prototype, interfaces', CREATION),
      without('eventsource-cross-origin, request-credentials, preflights', PAGE),
      without('workers, bfcache, realms, onmessage-trusted', PAGE),
      without('eventsource-from-readable-stream', 'a proposal that the standard does not have'),
    ],
  },
  {
    name: 'LaunchDarkly, sse-contract-tests',
    address: 'https://github.com/launchdarkly/sse-contract-tests',
    topics: [
      topic('basic parsing: one or two chunks, one or two lines', '31.1', '31.2'),
      topic('empty data, fields without a colon', '31.7', '31.8', '31.9'),
      topic('types and ids, in any order', '31.19', '31.20', '31.27', '31.29', '31.48'),
      topic('an id with NULL, an id that persists, an empty id', '31.28', '31.31', '31.33', '31.53'),
      topic('unknown fields', '31.15'),
      topic('leading spaces: none, one, several', '31.3', '31.4', '31.24', '31.49'),
      topic('characters of several octets, also in segments of one octet', '30.18'),
      topic('many events in rapid succession keep their order', '30.26', '30.40'),
      topic(
        'byte order marks: split, before several events, before data with another one',
        '30.12',
        '30.13',
        '30.16',
        '30.31',
      ),
      topic('LF, CRLF and CR, in segments of one and two octets', '30.1', '30.2', '30.3', '30.5', '30.7'),
      topic('empty lines of data, additional empty lines', '30.8', '30.9', '31.46'),
      topic('CRLF that segments split', '30.2', '30.37', '30.38', '30.39'),
      topic('sizes of data near those of buffers, up to 1 MiB', '30.41', '30.42', '32.1.50'),
      topic('default method and header fields', '32', '33'),
      topic(
        'Last-Event-ID after a broken connection, also if later events have no id',
        '33.1.20',
        '33.1.24',
        '33.1.30',
      ),
      without('comments are reported', 'the standard discards comments; 31.17 and 31.18 check that'),
      without('header fields, methods and bodies of the caller; an initial Last-Event-ID', OPTION),
      without('a timeout for reading, restarting', OPTION),
    ],
  },
  {
    name: 'eventsource-parser, fixtures and tests',
    address: 'https://github.com/rexxars/eventsource-parser/tree/main/test',
    topics: [
      topic('events with and without types, ids and reconnection times', '31.1', '31.19', '31.27', '31.37'),
      topic('heartbeat comments between events', '31.17', '31.51'),
      topic('data in several lines', '31.2', '30.25', '30.43'),
      topic('characters of several octets in random segments', '30.18'),
      topic('empty lines at the beginning', '30.9'),
      topic('byte order marks, at the beginning and later', '30.13', '30.14', '30.15', '30.32'),
      topic('CR, LF and CRLF, also split', '30.1', '30.2', '30.3', '30.37'),
      topic('unusual comments: colons only, split, with NULL, at the end', '30.28', '30.30', '30.35', '30.36', '31.17'),
      topic('an empty type', '31.22', '31.9'),
      topic('an empty and an invalid reconnection time', '31.36', '33.1.26', '33.1.27'),
      topic('data without a colon, with CR at the end of a segment', '31.7', '31.8', '30.38'),
      topic('an id with NULL after a valid id', '31.52'),
      topic('an id of an event without data', '31.32', '33.1.3'),
      topic('unknown fields, and lines without a colon', '31.15', '31.45', '30.39'),
      topic('an event of several megabytes', '30.42', '30.43'),
      topic('lines that are ignored, ended by CR, LF and CRLF in other segments', '30.35', '30.37', '30.39'),
      without('errors that are reported, a limit of the buffer, reset()', OPTION),
    ],
  },
];

/** A table for each suite. */
export function topicTable(): string {
  return OTHER_SUITES.map(({ name, address, topics }) => {
    const rows = topics.map(
      ({ name: what, cases, reason }) => `| ${cell(what)} | ${cases?.join(', ') ?? `none: ${reason}`} |`,
    );
    return [`### [${name}](${address})`, '', '| what it checks | cases |', '| --- | --- |', ...rows].join('\n');
  }).join('\n\n');
}
