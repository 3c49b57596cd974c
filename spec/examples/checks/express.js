import { Example } from '../example.js';
import { checkEnd, checkEvents, checkWebSockets } from '../exchange.js';

const example = await Example.start('express');
await checkEvents(example, { 'access-control-allow-origin': 'https://app.example', 'x-powered-by': 'Express' });
await checkWebSockets(example);
await checkEnd(example);
console.log('events and resume beside compression and CORS, WebSockets, 401, 404, 500, SIGTERM');
