import Koa from 'koa';
import { Example } from '../example.js';
import { checkEnd, checkEvents, checkForgotten, checkWebSockets } from '../exchange.js';

const example = await Example.start('koa');
await checkEvents(example, { 'access-control-allow-origin': 'https://app.example' });
await checkWebSockets(example);
await checkEnd(example);
await checkForgotten((open) => new Koa().use(({ req, res }) => open(req, res)).listen(0, '127.0.0.1'));
console.log('events and resume with CORS, WebSockets, 401, 404, 500, SIGTERM, a response that the framework adds');
