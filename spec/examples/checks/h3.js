import { createServer } from 'node:http';
import { H3 } from 'h3';
import { toNodeHandler } from 'h3/node';
import { Example } from '../example.js';
import { checkEnd, checkEvents, checkForgotten, checkWebSockets } from '../exchange.js';

const example = await Example.start('h3');
await checkEvents(example, { 'access-control-allow-origin': 'https://app.example' });
await checkWebSockets(example);
await checkEnd(example);
await checkForgotten((open) => {
  const app = new H3().get('/', ({ runtime }) => open(runtime.node.req, runtime.node.res));
  return createServer(toNodeHandler(app)).listen(0, '127.0.0.1');
});
console.log('events and resume with CORS, WebSockets, 401, 404, 500, SIGTERM, a response that the framework adds');
