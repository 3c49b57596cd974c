import { createServer, type ServerResponse } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import type { Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { EventStream } from '../../../src/index.ts';
import type { EventStreamsScenario } from '../scenario.ts';
import { type Endpoint, inTurns, listen, type Package } from './endpoint.ts';

/** Milliseconds after which the server ends a connection that does not read, or that sends no further request. */
const STALLED = 300;

/** Milliseconds between the first stream and the first event, so that the other streams can open. */
const TO_OPEN = 50;

export async function eventStreams(pushwire: Package, scenario: EventStreamsScenario): Promise<Endpoint> {
  const { opensAfter, events, history, filters, closes } = scenario;
  const channel = new pushwire.EventChannel(history ? {} : { history: { count: 0 } });
  const streams = new Map<EventStream, ServerResponse>();
  /** The responses of closed streams that have not ended yet. These streams are no longer in the channel. */
  const closed = new Set<ServerResponse>();
  const sockets = new Set<Socket>();
  let opening = 0;
  let pushing = false;
  let pushed = false;

  async function open(...exchange: Parameters<typeof EventStream.open>): Promise<void> {
    opening++;
    if (opensAfter > 0) await wait(opensAfter);
    opening--;
    const options = { heartbeat: 100, writeTimeout: STALLED, closeTimeout: STALLED };
    const stream = pushwire.EventStream.open(exchange[0], exchange[1], options) as EventStream;
    streams.set(stream, exchange[1] as ServerResponse);
    stream.on('close', () => streams.delete(stream));
    channel.add(stream, filters ? { filter: ({ id }) => id.endsWith('7') } : {});
    if (pushed) return;
    pushed = true;
    pushing = true;
    await wait(TO_OPEN);
    await push();
    pushing = false;
  }

  function unsent(): number {
    let bytes = 0;
    for (const { writableLength, destroyed } of closed) if (!destroyed) bytes += writableLength;
    return bytes;
  }

  async function push(): Promise<void> {
    let left = events.count;
    await inTurns(() => {
      if (left-- > 0) channel.broadcast('x'.repeat(events.size));
      return left > 0;
    });
    if (!closes) return;
    const toClose = [...streams];
    await inTurns(() => {
      const next = toClose.pop();
      if (next === undefined) return false;
      const [stream, response] = next;
      closed.add(response);
      response.once('close', () => closed.delete(response));
      stream.close();
      return true;
    });
  }

  // biome-ignore lint/suspicious/noExplicitAny: requests of both protocols
  const listener = (request: any, response: any): void => void open(request, response);
  const server =
    scenario.protocol === 'HTTP/2'
      ? createHttp2Server(listener)
      : createServer({ keepAliveTimeout: STALLED }, listener);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('sessionError', () => {});
  return {
    port: await listen(server),
    counted() {
      if (typeof channel.metrics === 'function') {
        const { sendMemory, historyMemory } = channel.metrics();
        return sendMemory + historyMemory + unsent();
      }
      let queued = unsent();
      for (const { queuedBytes } of streams.keys()) queued += queuedBytes;
      return queued;
    },
    // Older builds have no metrics().
    kept: () => channel.metrics?.().historyMemory ?? 0,
    // A session of node:http2 without streams stays open as long as the client likes.
    open: () => Math.max(channel.size, streams.size) + (scenario.protocol === 'HTTP/2' ? 0 : sockets.size) + opening,
    busy: () => pushing || opening > 0,
  };
}
