/** What a refused client receives, apart from the status. */
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { onTestFinished } from 'vitest';
import type { ServerOptions } from 'ws';
import { RawPeer, upgradeRequest } from '../../support/raw-peer.ts';
import { streamPair } from '../../support/stream-pair.ts';
import type { Implementation } from '../implementations.ts';
import { portOf, startServer, type Twin, turns, twins } from './twin.ts';

/** The type and the text of the content. */
const contentFor =
  (changes: Record<string, string>, options: ServerOptions = {}): Twin['record'] =>
  async (library) => {
    const peer = await RawPeer.connect(portOf(await startServer(library, options)));
    peer.write(upgradeRequest(changes));
    const type = /^content-type: (.*)\r$/im.exec(await peer.readHead())?.[1];
    return [type, String(await peer.readToEnd())];
  };

/** A refused client whose stream stays open. */
async function refused(
  { WebSocketServer }: Implementation,
  headers: object,
  server?: ReturnType<typeof createServer>,
): Promise<unknown> {
  const [transport, peer] = streamPair();
  onTestFinished(() => void peer.destroy());
  let answer = '';
  peer.on('data', (chunk: Buffer) => {
    answer += chunk.toString('latin1');
  });
  const request = { method: 'GET', url: '/', headers, socket: {} } as IncomingMessage;
  const webSockets = new WebSocketServer(server === undefined ? { noServer: true } : { server });
  if (server === undefined) webSockets.handleUpgrade(request, transport, Buffer.alloc(0), () => {});
  else server.emit('upgrade', request, transport, Buffer.alloc(0));
  await once(peer, 'end');
  await turns(2);
  return [answer.slice(0, answer.indexOf('\r\n')), transport.destroyed];
}

const STAYS_OPEN = { differs: 'the socket of a refused client', here: ['HTTP/1.1 400 Bad Request', false] };
twins('refusals', [
  {
    title: 'the content',
    record: contentFor({ 'Sec-WebSocket-Key': 'foo' }),
    differs: 'the content of a refusal',
    here: ['text/plain; charset=utf-8', 'Sec-WebSocket-Key is missing, duplicated, or not 16 bytes in base64'],
  },
  {
    title: 'the content of verifyClient',
    record: contentFor({}, { verifyClient: (_information, callback) => callback(false, 403, 'No') }),
    differs: 'the content of a refusal',
    here: ['text/plain; charset=utf-8', 'No'],
  },
  {
    title: 'the content of verifyClient, with its type',
    record: contentFor(
      {},
      { verifyClient: (_information, callback) => callback(false, 403, '<p>No', { 'Content-Type': 'text/html' }) },
    ),
  },
  { title: 'a client that does not close', record: (library) => refused(library, {}), ...STAYS_OPEN },
  {
    title: 'a request for another protocol that an application has made up, at its HTTP server',
    record: (library) =>
      refused(
        library,
        { upgrade: 'h2c' },
        createServer((_request, response) => void response.end()),
      ),
    ...STAYS_OPEN,
  },
  {
    title: 'a client that has ended its side of the connection',
    record: async (library) => {
      const verifyClient: ServerOptions['verifyClient'] = ({ req }, callback) => {
        req.socket.once('end', () => setImmediate(callback, false, 403));
      };
      const peer = await RawPeer.connect(portOf(await startServer(library, { verifyClient })));
      peer.write(upgradeRequest());
      peer.end();
      return String(await peer.readToEnd()).split('\r\n')[0];
    },
    differs: 'a client that ends its side of the connection before `verifyClient` refuses it',
    here: '',
  },
]);
