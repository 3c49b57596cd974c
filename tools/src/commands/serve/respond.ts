import type { ServerResponse } from 'node:http';

/** Sends a response without a body. */
export function respond(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, headers);
  response.end();
}
