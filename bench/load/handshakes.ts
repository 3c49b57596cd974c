/** Opens connections, `atOnce` at a time, and ends each when the server answers the upgrade. */
import { connect } from 'node:net';
import { upgradeRequest } from '../../spec/support/raw-peer.ts';
import { ClosedLoop } from './closed-loop.ts';

const { port, atOnce } = JSON.parse(process.argv[2]!) as { readonly port: number; readonly atOnce: number };
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
  socket.on('close', () => loop.again(open));
}
const loop: ClosedLoop = new ClosedLoop(Array<() => void>(atOnce).fill(open));
loop.serve(() => count);
