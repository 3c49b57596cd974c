import WebSocket, { WebSocketServer } from 'pushwire';
import { EventStream } from 'pushwire/sse';

class Own extends WebSocket {}
const socket: WebSocket = new Own('ws://localhost');
const server = new WebSocket.Server({ noServer: true });
const data: WebSocket.RawData = Buffer.alloc(1);
console.log(socket, server, WebSocket.OPEN, WebSocketServer, EventStream.open, data);
