/** The server side of `/recovery`: events for clients whose connections are broken. */
import type { Duplex } from 'node:stream';
import { EventChannel, type EventStream, type WebSocket } from 'pushwire';
import { now } from '../../clock.ts';
import { messageText } from '../../message.ts';

/** Keeps all events of a run. */
const HISTORY = { count: 10_000, age: 60_000 };
const MESSAGE_BYTES = 32;

const channel = new EventChannel({ history: HISTORY });
const pastMessages: string[] = [];
const subscribers = new Set<WebSocket>();
const transports = new Set<Duplex>();
let ticks: NodeJS.Timeout | undefined;

export function addEventStream(stream: EventStream, transport: Duplex): void {
  channel.add(stream);
  addTransport(transport);
}

/**
 * A resume, which every application of WebSockets has to implement itself. The client sends the ID of its last message, or an
 * empty text to start with the next message. It receives nothing before that, so that no message arrives twice.
 */
export function addWebSocket(socket: WebSocket, transport: Duplex): void {
  addTransport(transport);
  socket.on('message', (data) => {
    const lastId = String(data);
    if (lastId !== '') for (const past of pastMessages.slice(Number(lastId))) socket.send(past);
    subscribers.add(socket);
    socket.once('close', () => subscribers.delete(socket));
  });
}

function addTransport(transport: Duplex): void {
  transports.add(transport);
  transport.once('close', () => transports.delete(transport));
}

export function tick(interval: number): number {
  clearInterval(ticks);
  if (interval > 0) ticks = setInterval(sendTick, interval);
  return pastMessages.length;
}

function sendTick(): void {
  const id = pastMessages.length + 1;
  const message = messageText(id, MESSAGE_BYTES);
  pastMessages.push(message);
  channel.broadcast({ id: String(id), data: message });
  for (const socket of subscribers) socket.send(message);
}

export function drop(): number {
  const time = now();
  for (const transport of transports) transport.destroy();
  return time;
}
