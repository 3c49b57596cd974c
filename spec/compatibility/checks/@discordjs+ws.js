// @discordjs/ws, the gateway client of discord.js, and a small gateway: HELLO, IDENTIFY, READY, heartbeats, and RESUME after each
// way to end; plain, compressed as a whole (zlib-stream), and with permessage-deflate.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { constants, createDeflate } from 'node:zlib';
import { REST } from '@discordjs/rest';
import { CompressionMethod, WebSocketManager } from '@discordjs/ws';
import { WebSocketServer } from 'ws';
import { exchanged, sayApart } from '../transcript.js';

const GUILD = { id: '1', name: 'грильдия', members: Array.from({ length: 20_000 }, (_, index) => `member ${index}`) };

/** Sends JSON as the gateway does: as text, or as bytes of one deflate stream, in messages of at most 16 KiB. */
function senderOf(webSocket, compressed) {
  if (!compressed) return (payload) => webSocket.send(JSON.stringify(payload));
  const deflate = createDeflate({ flush: constants.Z_SYNC_FLUSH });
  deflate.on('data', (chunk) => {
    for (let index = 0; index < chunk.length; index += 16_384) webSocket.send(chunk.subarray(index, index + 16_384));
  });
  return (payload) => deflate.write(JSON.stringify(payload));
}

async function bot(name, compression, perMessageDeflate) {
  const [sayAtClient, sayOfEvents, sayAtGateway] = ['client', 'events', 'gateway'].map((end) =>
    sayApart(`${name}, ${end}`),
  );
  const http = createServer((_, response) => {
    const session_start_limit = { total: 1000, remaining: 999, reset_after: 60_000, max_concurrency: 1 };
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify({ url: `ws://${address}`, shards: 1, session_start_limit }));
  });
  const gateway = new WebSocketServer({ noServer: true, perMessageDeflate });
  let refusals = 1;
  let sequence = 0;
  let current;
  http.on('upgrade', (request, socket, head) => {
    sayAtGateway(`upgrade ${request.url}`);
    if (refusals-- > 0) return socket.end('HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n');
    gateway.handleUpgrade(request, socket, head, (webSocket) => {
      const send = senderOf(webSocket, request.url.includes('compress=zlib-stream'));
      const dispatch = (t, d) => send({ op: 0, s: ++sequence, t, d });
      current = { webSocket, socket, send, dispatch };
      webSocket.on('message', (data, isBinary) => {
        const { op, d } = JSON.parse(data);
        if (op === 1) return send({ op: 11 });
        sayAtGateway(`op ${op} ${JSON.stringify(op === 2 ? [d.token, d.shard] : d)} ${isBinary ? 'binary' : 'text'}`);
        if (op === 2) {
          dispatch('READY', { session_id: 'session', resume_gateway_url: `ws://${address}/resume` });
          dispatch('GUILD_CREATE', GUILD);
        } else if (op === 6) {
          dispatch('MESSAGE_CREATE', { content: 'while you were away' });
          dispatch('RESUMED', {});
        }
      });
      webSocket.on('close', (code, reason) => sayAtGateway(`close ${code} ${reason}`));
      send({ op: 10, d: { heartbeat_interval: 45_000 } });
    });
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const address = `127.0.0.1:${http.address().port}`;

  const rest = new REST({ api: `http://${address}`, version: '10' }).setToken('token');
  // Without these two, all managers of a process share one store of sessions.
  let session = null;
  const manager = new WebSocketManager({
    token: 'token',
    intents: 0,
    rest,
    compression,
    retrieveSessionInfo: () => session,
    updateSessionInfo: (_, changed) => {
      session = changed;
    },
  });
  manager.on('hello', (shard) => sayAtClient(`hello of shard ${shard}`));
  manager.on('ready', ({ session_id }) => sayAtClient(`ready: ${session_id}`));
  manager.on('resumed', () => sayAtClient('resumed'));
  // Between the bytes of a message and its 'dispatch', the client awaits: the order of 'dispatch' and 'resumed' is not fixed.
  manager.on('dispatch', ({ t, d }) => {
    sayOfEvents(`${t} ${d.content ?? ''}${d.name ? `${d.name} ${d.members.length}` : ''}`);
  });
  manager.on('closed', (code) => sayAtClient(`closed ${code}`));
  manager.on('socketError', ({ message }) => sayAtClient(`socket error: ${message}`));
  manager.on('error', ({ message }) => sayAtClient(`error: ${message}`));

  await manager.connect();
  // The gateway asks for a heartbeat: the client's own ones start at a random time.
  const heartbeat = once(manager, 'heartbeat');
  current.send({ op: 1 });
  await heartbeat;
  sayAtClient(`status ${[...(await manager.fetchStatus()).values()]}`);
  await manager.send(0, { op: 3, d: { status: 'dnd', afk: false } });

  for (const end of [
    () => current.webSocket.close(4000, 'unknown error'),
    () => current.socket.resetAndDestroy(),
    () => current.send({ op: 7 }),
  ]) {
    const resumed = new Promise((resolve) => {
      manager.on('dispatch', ({ t }) => t === 'RESUMED' && resolve());
    });
    end();
    await resumed;
  }
  const failed = once(manager, 'error');
  const noticed = once(current.webSocket, 'close');
  current.webSocket.close(4004, 'Authentication failed');
  await Promise.all([failed, noticed]);
  await manager.destroy();
  http.close();
}

await Promise.all([
  bot('plain', null, false),
  bot('zlib-stream', CompressionMethod.ZlibNative, false),
  bot('permessage-deflate', null, true),
]);
exchanged(
  'IDENTIFY, a guild of 20000 members, heartbeats; RESUME after a close, a reset, a reconnect; refusals; plain and compressed',
);
