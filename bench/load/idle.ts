/** Opens connections that do nothing, and stays. */
import { openAll, openStreams } from './frames.ts';

const { port, connections, kind, extensions } = JSON.parse(process.argv[2]!) as {
  readonly port: number;
  readonly connections: number;
  readonly kind: 'websocket' | 'event-stream';
  readonly extensions?: string;
};
const offer: Record<string, string> = extensions === undefined ? {} : { 'Sec-WebSocket-Extensions': extensions };
const clients = await (kind === 'websocket' ? openAll(port, connections, offer) : openStreams(port, connections));
console.log(clients.length);
