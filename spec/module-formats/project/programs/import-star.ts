// Without `esModuleInterop`, as many older projects have it.
import * as WebSocket from 'pushwire';

const socket: WebSocket = new WebSocket('ws://localhost');
const server = new WebSocket.Server({ noServer: true });
console.log(socket, server, WebSocket.OPEN);
