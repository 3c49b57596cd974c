import type { CheckOptions, ServerCheck } from '../server-check.ts';
import { type Exchange, exchange } from './exchange.ts';

/** The start of content whose first line is a field or a comment: HTML §9.2.5. */
const STREAM_LINE = /^\ufeff?\s*((data|event|id|retry)?:|(data|id)[\r\n])/;
/** The octets of content that are looked at. */
const ENOUGH = 4_096;

/**
 * Checks whether cases can say something about a server: whether it sends an event stream. One with a wrong header field passes, if the
 * content is that of an event stream: that is what the cases report.
 */
export async function checkStreamServer(url: string, { timeLimit, headers }: CheckOptions): Promise<ServerCheck> {
  const response = await exchange(new URL(url), { fields: headers }, timeLimit, (soFar) => {
    return soFar.status !== 0 && (soFar.status !== 200 || isStream(soFar) || contentOf(soFar).length > ENOUGH);
  });
  const { status, fields, violation } = response;
  // Another status that says OK is a fault.
  if (status >= 200 && status < 300 && isStream(response)) return {};
  const content = contentOf(response);
  // An invalid status line has the status 999.
  if (status === 999) return { obstacle: { kind: 'no HTTP', received: violation ?? '' } };
  // The cases report that nothing arrives.
  if (status === 0 || (status === 200 && content === '' && !response.ended)) return {};
  return { obstacle: { kind: 'response', response: { status, fields, content: content.slice(0, 1000) } } };
}

function isStream(response: Exchange): boolean {
  const type = response.fields['content-type'] ?? '';
  return /^text\/event-stream\b/i.test(type) || STREAM_LINE.test(contentOf(response));
}

function contentOf({ pieces }: Exchange): string {
  return Buffer.concat(pieces.map(({ bytes }) => bytes)).toString();
}
