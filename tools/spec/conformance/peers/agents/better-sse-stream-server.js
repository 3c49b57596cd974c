import { createServer } from 'node:http';
import { createChannel, createSession } from 'better-sse';

const channel = createChannel();
const server = createServer(async (request, response) => channel.register(await createSession(request, response)));
let count = 0;
setInterval(() => channel.broadcast(`${++count} ü`, 'tick'), 100);
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
