// A client of the Model Context Protocol on its WebSocketClientTransport, and a server on a WebSocketServer.
import { once } from 'node:events';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { WebSocketClientTransport } from '@modelcontextprotocol/sdk/client/websocket.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { WebSocket, WebSocketServer } from 'ws';
import { z } from 'zod';
import { briefError, exchanged, say, sayApart } from '../transcript.js';

// What browsers and Node.js 22 have.
globalThis.WebSocket = WebSocket;

const transports = [];
const server = new WebSocketServer({
  port: 0,
  host: '127.0.0.1',
  maxPayload: 2_000_000,
  handleProtocols: (protocols) => (protocols.has('mcp') ? 'mcp' : false),
  verifyClient: ({ req }, decide) => decide(req.url !== '/refused', 401),
});
await once(server, 'listening');

/** The transport of a server. The SDK has none for WebSocket. */
class WebSocketServerTransport {
  constructor(socket) {
    this.socket = socket;
  }
  async start() {
    this.socket.on('message', (data) => {
      try {
        this.onmessage?.(JSON.parse(data));
      } catch (error) {
        this.onerror?.(error);
      }
    });
    this.socket.on('error', (error) => this.onerror?.(error));
    this.socket.on('close', () => this.onclose?.());
  }
  send(message) {
    return new Promise((resolve, reject) => {
      this.socket.send(JSON.stringify(message), (error) => (error ? reject(error) : resolve()));
    });
  }
  async close() {
    this.socket.close(1000, 'the server closes');
  }
}
server.on('connection', async (socket, request) => {
  const sayAtServer = sayApart(`server, connection ${transports.push(request.socket)}`);
  sayAtServer(`protocol ${socket.protocol}`);
  socket.on('close', (code, reason) => sayAtServer(`close ${code} ${reason}`));
  const mcp = new McpServer({ name: 'check', version: '1.0.0' });
  mcp.server.onerror = (error) => sayAtServer(`error ${briefError(error)}`);
  mcp.registerTool('add', { inputSchema: { a: z.number(), b: z.number() } }, async ({ a, b }) => ({
    content: [{ type: 'text', text: String(a + b) }],
  }));
  mcp.registerTool('length', { inputSchema: { text: z.string() } }, async ({ text }) => ({
    content: [{ type: 'text', text: `${text.length} characters` }],
  }));
  mcp.registerTool('steps', {}, async ({ _meta, sendNotification }) => {
    for (let progress = 1; progress <= 3; progress++) {
      const params = { progressToken: _meta.progressToken, progress, total: 3 };
      await sendNotification({ method: 'notifications/progress', params });
      await once(socket, 'proceed');
    }
    return { content: [{ type: 'text', text: 'done' }] };
  });
  mcp.registerTool('proceed', {}, async () => {
    socket.emit('proceed');
    return { content: [] };
  });
  mcp.registerTool('leave', {}, async () => new Promise(() => mcp.close()));
  mcp.registerTool('reset', {}, async () => new Promise(() => request.socket.resetAndDestroy()));
  mcp.registerResource('bytes', 'check://bytes', {}, async ({ href }) => ({
    contents: [{ uri: href, blob: Buffer.alloc(1_000_000, 7).toString('base64') }],
  }));
  await mcp.connect(new WebSocketServerTransport(socket));
});

async function connect(path = '/') {
  const client = new Client({ name: 'check', version: '1.0.0' });
  client.onclose = () => say('close');
  client.onerror = (error) => say(`client error ${briefError(error)}`);
  await client.connect(new WebSocketClientTransport(new URL(`ws://127.0.0.1:${server.address().port}${path}`)));
  return client;
}
const call = async (client, name, args, options) => {
  try {
    const { content, isError } = await client.callTool({ name, arguments: args }, undefined, options);
    say(`${name}: ${content[0].text.split('\n')[0]}${isError ? ', an error' : ''}`);
  } catch (error) {
    say(`${name} fails: ${briefError(error)}`);
  }
};
const client = await connect();
say(`${client.getServerVersion().name}, tools ${(await client.listTools()).tools.map(({ name }) => name)}`);
await call(client, 'add', { a: 1, b: 2 });
await call(client, 'add', { a: 'one' });
await call(client, 'missing', {});
await call(client, 'length', { text: 'x'.repeat(1_000_000) });
await call(
  client,
  'steps',
  {},
  {
    onprogress({ progress, total }) {
      say(`progress ${progress} of ${total}`);
      client.callTool({ name: 'proceed' });
    },
  },
);
const { contents } = await client.readResource({ uri: 'check://bytes' });
say(`a resource of ${contents[0].blob.length} characters`);
const sums = await Promise.all(
  Array.from({ length: 100 }, (_, a) => client.callTool({ name: 'add', arguments: { a, b: 1 } })),
);
say(`100 calls at once, the last one ${sums.at(-1).content[0].text}`);
say('the client closes');
await client.close();
await call(client, 'add', { a: 1, b: 2 });
for (const tool of ['leave', 'reset']) await call(await connect(), tool, {});
say('a message that is too large');
await call(await connect(), 'length', { text: 'x'.repeat(2_000_001) });
say('a refused handshake');
await connect('/refused').catch((error) => say(briefError(error)));
await Promise.all([...server.clients].map((socket) => once(socket, 'close')));
server.close();
exchanged(
  'with its `WebSocketClientTransport`: tools, errors, progress, 1 MB each way, 100 calls at once; closing by each side, a reset, 401',
);
