import { EventStream, type EventStreamOptions } from '../../src/sse/index.ts';
import { serve } from './http-server.ts';
import { RawPeer } from './raw-peer.ts';

/** Opens an event stream whose client reads nothing. */
export async function openUnread(
  options: EventStreamOptions = {},
): Promise<{ readonly stream: EventStream; readonly peer: RawPeer }> {
  let stream: EventStream | undefined;
  const url = new URL(
    await serve((request, response) => {
      stream = EventStream.open(request, response, options);
    }),
  );
  const peer = await RawPeer.connect(Number(url.port));
  peer.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await peer.readHead();
  peer.socket.pause();
  return { stream: stream!, peer };
}
