/** Upgrade requests, and what a client sees of the responses. */
import { RawPeer, upgradeRequest } from '../../support/raw-peer.ts';

export const KEY = 'Sec-WebSocket-Key';
export const VERSION = 'Sec-WebSocket-Version';
export const PROTOCOL = 'Sec-WebSocket-Protocol';
export const EXTENSIONS = 'Sec-WebSocket-Extensions';

export interface Response {
  readonly status: number;
  readonly accept: string | undefined;
  readonly protocol: string | undefined;
  readonly extensions: string | undefined;
  /** Whether there is a body; true for 101. */
  readonly body: boolean;
  /** All fields; names are in lower case. */
  readonly fields: Readonly<Record<string, string>>;
}

/** Sends an upgrade request, and reads the response up to the end of its head, and its body if it is not 101. */
export async function ask(
  port: number,
  changes: Record<string, string | string[] | null> = {},
  requestLine?: string,
): Promise<Response> {
  const peer = await RawPeer.connect(port);
  peer.write(upgradeRequest(changes, requestLine));
  const head = await peer.readHead();
  const [statusLine, ...lines] = head.trimEnd().split('\r\n');
  const status = Number(statusLine!.split(' ')[1]);
  const fields: Record<string, string> = {};
  for (const line of lines) {
    const [name, ...value] = line.split(': ');
    fields[name!.toLowerCase()] = value.join(': ');
  }
  const body = status === 101 ? '' : String(await peer.readToEnd());
  peer.socket.destroy();
  return {
    status,
    accept: fields['sec-websocket-accept'],
    protocol: fields['sec-websocket-protocol'],
    extensions: fields['sec-websocket-extensions'],
    body: status === 101 || body.length > 0,
    fields,
  };
}

/** What programs and proxies look at. The text of a refusal is for people. */
export async function responseOf(
  port: number,
  changes?: Record<string, string | string[] | null>,
  requestLine?: string,
): Promise<unknown> {
  const { fields, ...response } = await ask(port, changes, requestLine);
  return {
    ...response,
    connection: fields.connection,
    upgrade: fields.upgrade,
    version: response.status === 101 ? undefined : fields['sec-websocket-version'],
  };
}
