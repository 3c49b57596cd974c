/** The server side of `/crowd`: only what every application needs, as its memory and CPU time are measured. */
import { EventChannel, WebSocketServer } from 'pushwire';
import { now } from '../../clock.ts';
import { messageText } from '../../message.ts';
import type { BroadcastOptions } from '../server-operations.ts';

export const crowdServer = new WebSocketServer({ noServer: true });
export const crowdChannel = new EventChannel({ history: { count: 0 } });

export function broadcast({ technique, bytes, id }: BroadcastOptions): number {
  const message = messageText(id, bytes);
  const origin = now();
  if (technique === 'websocket') crowdServer.broadcast(message);
  else crowdChannel.broadcast({ data: message });
  return origin;
}
