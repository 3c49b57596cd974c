import { createServer } from 'node:http';
import { createEventStream, H3 } from 'h3';
import { toNodeHandler } from 'h3/node';

const app = new H3();
app.get('/', (event) => {
  const stream = createEventStream(event);
  let count = 0;
  const timer = setInterval(() => stream.push({ event: 'tick', data: `${++count} ü` }), 100);
  stream.onClosed(() => clearInterval(timer));
  return stream.send();
});
const server = createServer(toNodeHandler(app));
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
