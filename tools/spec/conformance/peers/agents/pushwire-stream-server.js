import { createServer } from 'node:http';
import { EventChannel, EventStream } from 'pushwire';

const channel = new EventChannel();
const server = createServer((request, response) => channel.add(EventStream.open(request, response)));
let count = 0;
setInterval(() => channel.broadcast({ event: 'tick', data: `${++count} ü` }), 100);
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
