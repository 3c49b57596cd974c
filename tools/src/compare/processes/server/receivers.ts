/** The connected clients that messages are pushed to. */
import type { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Http2ServerResponse } from 'node:http2';
import type { Duplex } from 'node:stream';
import { constants, createGzip } from 'node:zlib';
import { type EventStream, encodeEvent, type WebSocket } from 'pushwire';
import type { Technique } from '../../technique.ts';
import { WriteWatch } from './write-watch.ts';

/** A connected client, with the same interface for both techniques. */
export interface Receiver {
  readonly watch: WriteWatch;
  /** Returns false if the client does not keep up. */
  send(message: string): boolean;
  /** Calls back when the client keeps up again. */
  onceDrained(callback: () => void): void;
}

export const receivers: Readonly<Record<Technique, Set<Receiver>>> = {
  websocket: new Set(),
  'event-stream': new Set(),
};

const watches = new WeakMap<Duplex, WriteWatch>();

function watchOf(transport: Duplex): WriteWatch {
  const watch = watches.get(transport) ?? new WriteWatch(transport);
  watches.set(transport, watch);
  return watch;
}

export function addReceiver(technique: Technique, peer: WebSocket | EventStream, transport: Duplex): Receiver {
  const receiver: Receiver = {
    watch: watchOf(transport),
    send: (message) => peer.send(message) === true,
    onceDrained: (callback) => void (peer as EventEmitter).once('drain', callback),
  };
  receivers[technique].add(receiver);
  (peer as EventEmitter).on('close', () => receivers[technique].delete(receiver));
  return receiver;
}

/** Opens an event stream in gzip that is flushed after each event. EventStream itself does not compress. */
export function addGzipReceiver(response: ServerResponse | Http2ServerResponse, transport: Duplex): void {
  const gzip = createGzip();
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Content-Encoding': 'gzip' });
  (response as ServerResponse).flushHeaders();
  gzip.on('data', (chunk: Buffer) => (response as ServerResponse).write(chunk));
  const receiver: Receiver = {
    watch: watchOf(transport),
    send(message) {
      gzip.write(encodeEvent({ data: message }));
      gzip.flush(constants.Z_SYNC_FLUSH);
      return true;
    },
    onceDrained: (callback) => void gzip.once('drain', callback),
  };
  receivers['event-stream'].add(receiver);
  response.on('close', () => {
    receivers['event-stream'].delete(receiver);
    gzip.destroy();
  });
}
