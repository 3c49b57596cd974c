import Fastify from 'fastify';
import { Example } from '../example.js';
import { checkEnd, checkEvents, checkForgotten, checkWebSockets } from '../exchange.js';

const example = await Example.start('fastify');
await checkEvents(example, { 'access-control-allow-origin': 'https://app.example' });
await checkWebSockets(example);
await checkEnd(example);
await checkForgotten(async (open) => {
  const app = Fastify();
  app.get('/', async (request, reply) => {
    open(request.raw, reply.raw);
    return 'OK';
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
  return app.server;
});
console.log('events and resume with CORS, WebSockets, 401, 404, 500, SIGTERM, a response that the framework adds');
