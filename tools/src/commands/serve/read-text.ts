import type { IncomingMessage } from 'node:http';

/** The body of a request; null if it is longer than so many characters, undefined if the client left in the middle. */
export async function readText(request: IncomingMessage, limit: number): Promise<string | null | undefined> {
  let text = '';
  try {
    for await (const chunk of request.setEncoding('utf8')) {
      text += chunk;
      if (text.length > limit) return null;
    }
  } catch {
    return undefined;
  }
  return text;
}
