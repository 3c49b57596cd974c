import { createServer } from 'node:http';
import { EventStream } from 'pushwire';

createServer((request, response) => {
  if (request.url !== '/eventsource') {
    response.writeHead(404).end();
    return;
  }
  const stream = EventStream.open(request, response);
  const sendTime = () => stream.send(new Date().toLocaleTimeString());
  sendTime();
  const timer = setInterval(sendTime, 1000);
  stream.on('close', () => clearInterval(timer));
}).listen(8080);
