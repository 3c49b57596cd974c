/** Opens connections, so many at once, and ends each when the upgrade is answered. */
import { connect } from 'node:net';
import { upgradeRequest } from '../../spec/support/raw-peer.ts';

const { port, atOnce, seconds } = JSON.parse(process.argv[2]!) as {
  readonly port: number;
  readonly atOnce: number;
  readonly seconds: number;
};
const request = upgradeRequest();
let count = 0;
let over = false;

function open(): void {
  if (over) return;
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  socket.write(request);
  socket.once('data', () => {
    count++;
    socket.end();
  });
  socket.on('error', () => {});
  socket.on('close', open);
}
for (let number = 0; number < atOnce; number++) open();
const wait = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));
await wait(Math.min(500, seconds * 500));
console.log('begin');
const before = count;
await wait(seconds * 1000);
console.log(count - before);
over = true;
process.exit();
