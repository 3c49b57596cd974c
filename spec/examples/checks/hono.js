import { Example } from '../example.js';
import { checkEnd, checkEvents, checkWebSockets } from '../exchange.js';

const example = await Example.start('hono');
await checkEvents(example, { 'access-control-allow-origin': 'https://app.example' });
await checkWebSockets(example);
await checkEnd(example);
console.log('events and resume with CORS, WebSockets, 401, 404, 500, SIGTERM');
