import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { Example } from '../example.js';
import { checkEnd, checkEvents, checkForgotten, checkWebSockets } from '../exchange.js';

const example = await Example.start('hono');
await checkEvents(example, { 'access-control-allow-origin': 'https://app.example' });
await checkWebSockets(example);
await checkEnd(example);
await checkForgotten((open) => {
  const app = new Hono().get('/', async (context) => {
    open(context.env.incoming, context.env.outgoing);
    return context.text('OK');
  });
  return serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' });
});
console.log('events and resume with CORS, WebSockets, 401, 404, 500, SIGTERM, a response that the framework adds');
