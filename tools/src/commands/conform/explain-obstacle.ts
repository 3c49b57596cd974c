import type { Obstacle } from '../../conformance/server-check.ts';
import { type Advice, explainResponse } from '../arguments/explain-response.ts';

const SOCKET_CREDENTIALS = '--header "Authorization: ...", --header "Cookie: ..." or --protocol NAME';
const STREAM_CREDENTIALS = '--header "Authorization: ..." or --header "Cookie: ..."';

/** Returns what a server has done instead of what the cases need, and what to do, in one line. */
export function explainObstacle(obstacle: Obstacle, url: string): string {
  const isStream = /^http/i.test(url);
  switch (obstacle.kind) {
    case 'no HTTP':
      return `The server does not answer with HTTP; received ${obstacle.received}. Check the port of the URL.`;
    case 'response': {
      const { status, fields, content } = obstacle.response;
      const advice: Advice = {
        credentials: isStream ? STREAM_CREDENTIALS : SOCKET_CREDENTIALS,
        origin: '--origin ORIGIN',
        wanted: isStream ? 'event stream' : 'WebSocket',
        redirect: 'that URL, because no redirect is followed',
        other: `The URL must begin with ${isStream ? 'ws: or wss:' : 'http: or https:'}.`,
      };
      const { location, 'content-type': type } = fields;
      const headers = location === undefined ? fields : { ...fields, location: redirectTarget(location, url) };
      const what = explainResponse({ status, headers, content }, advice);
      return isStream
        ? `The server does not send an event stream; received the status ${status} with ${type === undefined ? 'no Content-Type' : `the Content-Type ${type}`}. ${what}`
        : `The server does not open a WebSocket; received the status ${status} instead of 101. ${what}`;
    }
    case 'own message':
      return `The server sends a message of its own; received ${obstacle.received}. ${NEEDED}, and sends nothing else.`;
    case 'other message':
      return `The server does not echo; sent ${obstacle.sent}; received ${obstacle.received}. ${NEEDED} unchanged.`;
    case 'close': {
      const reason = obstacle.reason === '' ? '' : ` and the reason ${JSON.stringify(obstacle.reason)}`;
      return `The server does not echo; received a Close frame with the code ${obstacle.code}${reason}. ${NEEDED}. If it requires credentials, use ${SOCKET_CREDENTIALS}.`;
    }
    case 'silence':
      return obstacle.reachesOthers
        ? `The server sends a message to the other connections, but not back to its sender. ${NEEDED}.`
        : `The server does not echo; received nothing within ${obstacle.timeLimit} ms. ${NEEDED}. If it is slow, use --time-limit MS.`;
  }
}

/** The URL that a Location means, with a scheme that `conform` treats as the same kind of server. */
function redirectTarget(location: string, url: string): string {
  if (!URL.canParse(location, url)) return location;
  const { href } = new URL(location, url);
  return /^http/i.test(url) ? href.replace(/^ws/, 'http') : href.replace(/^http/, 'ws');
}

const NEEDED = 'The cases need a server that sends each message back';

/** What to do when a server does not answer at all; empty if nothing is known. @param reason what the watch of the server says */
export function explainSilence(reason: string, url: string): string {
  const scheme = /^http/i.test(url) ? 'http' : 'ws';
  if (/ECONNREFUSED/.test(reason)) return ' Check the port, and whether the server is running.';
  if (/ENOTFOUND/.test(reason)) return ' Check the spelling of the host name.';
  if (/^TLS: (wrong version|packet length)/.test(reason)) {
    return ` If the server does not use TLS, the URL must begin with ${scheme}:.`;
  }
  if (/ECONNRESET|ended without a response/.test(reason) && !/^\w+s:/.test(url)) {
    return ` If the server uses TLS, the URL must begin with ${scheme}s:.`;
  }
  return /^no response within/.test(reason) ? ' If the server is slow, use --time-limit MS.' : '';
}
