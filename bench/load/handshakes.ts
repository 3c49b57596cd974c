/** Opens connections, so many at once, and ends each when the upgrade is answered. */
import { connect } from 'node:net';
import { upgradeRequest } from '../../spec/support/raw-peer.ts';
import { growthOf } from './growth.ts';

const { port, atOnce, seconds } = JSON.parse(process.argv[2]!) as {
  readonly port: number;
  readonly atOnce: number;
  readonly seconds: number;
};
const request = upgradeRequest();
let count = 0;

function open(): void {
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
const { growth } = await growthOf(() => count, seconds);
console.log(growth);
process.exit();
