/** A peer that delays each answer by 60 ms, and sends a message to its parent process when the delay begins. */
import { connect, createServer, type Socket } from 'node:net';
import { acceptKey } from '../../src/websocket/handshake/accept-key.ts';
import { frame } from './frames.ts';

const DELAY = 60;

const [kind, port] = process.argv.slice(2);

function answerLater(socket: Socket, bytes: Buffer | string): void {
  process.send!('waiting');
  setTimeout(() => socket.write(bytes), DELAY);
}

const HANDSHAKE = [
  'GET / HTTP/1.1',
  'Host: a',
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version: 13',
  '\r\n',
].join('\r\n');

function beClient(onOpen: (socket: Socket) => void, onFrame: (opcode: number, socket: Socket) => void): void {
  const socket = connect(Number(port), '127.0.0.1');
  socket.on('error', () => {});
  socket.write(HANDSHAKE);
  let isOpen = false;
  socket.on('data', (chunk: Buffer) => {
    if (!isOpen) onOpen(socket);
    // A frame may arrive together with the response.
    const frames = isOpen ? chunk : chunk.subarray(chunk.indexOf('\r\n\r\n') + 4);
    isOpen = true;
    if (frames.length > 0) onFrame(frames[0]! & 0x0f, socket);
  });
}

function beServer(): void {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', (chunk: Buffer) => {
      const key = /sec-websocket-key: (.*)\r/i.exec(chunk.toString('latin1'))![1]!;
      const fields = ['Upgrade: websocket', 'Connection: Upgrade', `Sec-WebSocket-Accept: ${acceptKey(key)}`];
      answerLater(socket, ['HTTP/1.1 101 Switching Protocols', ...fields, '\r\n'].join('\r\n'));
    });
  });
  server.listen(0, '127.0.0.1', () => process.send!(server.address()));
}

switch (kind) {
  case 'pong':
    beClient(
      () => {},
      (opcode, socket) => opcode === 9 && answerLater(socket, frame({ opcode: 10 })),
    );
    break;
  case 'rest of a message':
    beClient(
      (socket) => {
        socket.write(frame({ opcode: 1, fin: false, payload: 'begun' }));
        // Gives the supervisor time to notice that the message has begun.
        setTimeout(() => answerLater(socket, frame({ opcode: 0, payload: ' and done' })), 150);
      },
      () => {},
    );
    break;
  case 'Close frame':
    beClient(
      () => {},
      (opcode, socket) => opcode === 8 && answerLater(socket, frame({ opcode: 8, payload: Buffer.of(0x03, 0xe8) })),
    );
    break;
  default:
    beServer();
}
