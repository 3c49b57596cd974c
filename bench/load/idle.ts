/** Opens connections and keeps them open without sending. */
import { constants, deflateRawSync } from 'node:zlib';
import { frame } from '../../spec/support/frames.ts';
import { openAll, openStreams } from './frames.ts';

const { port, connections, kind, extensions, path } = JSON.parse(process.argv[2]!) as {
  readonly port: number;
  readonly connections: number;
  readonly kind: 'websocket' | 'event-stream';
  readonly extensions?: string;
  readonly path?: string;
};
const offer: Record<string, string> = extensions === undefined ? {} : { 'Sec-WebSocket-Extensions': extensions };
const clients = await (kind === 'websocket'
  ? openAll(port, connections, offer)
  : openStreams(port, connections, 'GET', path));
// One message each: a connection may allocate its memory for compression when it first uses it.
if (extensions !== undefined) {
  const message = deflateRawSync(Buffer.alloc(300, 'x'), { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
  const request = frame({ opcode: 2, rsv: 4, payload: message });
  await Promise.all(
    clients.map((client) => {
      client.socket.write(request);
      return new Promise<void>((resolve) => {
        client.onBytes = () => resolve();
      });
    }),
  );
}
console.log(clients.length);
