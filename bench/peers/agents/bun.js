import { announce } from './control.js';

const options = JSON.parse(process.argv[2] ?? '{}');
// Without context takeover, all connections share a compressor; with it, each has one of its own.
const compressor = options.takesOver ? 'dedicated' : 'shared';
const payload = Buffer.alloc(options.broadcast ?? 0, 'x');
const server = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  fetch: (request, server) => (server.upgrade(request) ? undefined : new Response('', { status: 426 })),
  websocket: {
    maxPayloadLength: 16 * 1024 * 1024,
    backpressureLimit: 64 * 1024 * 1024,
    idleTimeout: 0,
    perMessageDeflate: options.deflate !== undefined && { compress: compressor, decompress: compressor },
    open(socket) {
      if (options.broadcast !== undefined) socket.subscribe('all');
    },
    message(socket, message) {
      if (options.broadcast === undefined) socket.send(message, options.deflate !== undefined);
      else for (let left = Number(String(message)); left > 0; left--) server.publish('all', payload);
    },
  },
});
announce(server.port);
