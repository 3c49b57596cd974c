import type { IncomingMessage } from 'node:http';

/** Reads the body of a request. Resolves with null if it exceeds `limit` characters, and with undefined if the client disconnects. */
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
