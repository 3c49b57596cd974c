import { WireLog } from '../wire-log.ts';
import { acceptHandshake, handshakeFault, rejectHandshake, type UpgradeRequest } from './accept-handshake.ts';
import { close, text } from './cases/dsl.ts';
import { CloseCode } from './protocol.ts';
import { TestConnection } from './test-connection.ts';

/** Milliseconds that the client may take to reply to the Close frame, and to end TCP. */
const CLOSE_TIMEOUT = 30_000;

/** Accepts an opening handshake, sends one message, or none, and closes the connection. */
export async function sendMessage(upgrade: UpgradeRequest, message: string | undefined): Promise<void> {
  const fault = handshakeFault(upgrade.request);
  if (fault !== undefined) return rejectHandshake(upgrade, fault.status, fault.text, fault.fields);
  // A client that offers subprotocols may insist on one.
  const [subprotocol] = upgrade.request.headers['sec-websocket-protocol']?.split(/\s*,\s*/) ?? [];
  acceptHandshake(upgrade, subprotocol === undefined ? [] : [`Sec-WebSocket-Protocol: ${subprotocol}`]);
  const connection = new TestConnection(upgrade.socket, upgrade.head, false, new WireLog());
  const { agent } = connection;
  const deadline = performance.now() + CLOSE_TIMEOUT;
  await connection.send({ send: [...(message === undefined ? [] : [text(message)]), close(CloseCode.NORMAL)] });
  await connection.until(() => agent.closeCode !== undefined || agent.violation !== undefined, deadline);
  // RFC 6455 §7.1.1: the server ends TCP first.
  connection.end();
  await connection.until(() => agent.ended, deadline);
  connection.destroy();
}
