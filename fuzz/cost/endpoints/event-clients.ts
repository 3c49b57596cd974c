import { createServer, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import type { EventParser } from '../../../src/index.ts';
import type { EventParserScenario, EventSourceScenario } from '../scenario.ts';
import { type Endpoint, listen, type Package } from './endpoint.ts';

export function eventSources(pushwire: Package, scenario: EventSourceScenario, port: number): Endpoint {
  const { connections, maxEventSize } = scenario;
  const sources = new Set(
    Array.from({ length: connections }, () => {
      const source = new pushwire.EventSource(`http://127.0.0.1:${port}/`, { maxEventSize, reconnectionTime: 50 });
      source.addEventListener('error', () => {
        if (source.readyState === source.CLOSED) sources.delete(source);
      });
      return source;
    }),
  );
  return {
    port: 0,
    // An EventSource has no metrics. maxEventSize limits what it holds.
    counted: () => sources.size * maxEventSize,
    open: () => sources.size,
    busy: () => false,
    end() {
      for (const source of sources) source.close();
      sources.clear();
    },
  };
}

/** Starts a server that parses each connection as an event stream. */
export async function eventParsers(pushwire: Package, scenario: EventParserScenario): Promise<Endpoint> {
  const { endpoint, maxEventSize } = scenario;
  const parsers = new Map<Socket, EventParser | null>();
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('close', () => parsers.delete(socket));
    if (endpoint === 'EventParser') parse(socket);
    else void read(socket).catch(() => socket.destroy());
  });

  function parse(socket: Socket): void {
    const parser = new pushwire.EventParser({ onEvent() {}, onError: () => void socket.destroy() }, { maxEventSize });
    parsers.set(socket, parser);
    socket.on('data', (chunk) => parser.push(chunk));
  }

  async function read(socket: Socket): Promise<void> {
    parsers.set(socket, null);
    const bytes = Readable.toWeb(socket) as ReadableStream<Uint8Array>;
    for await (const _event of bytes.pipeThrough(new pushwire.EventParserStream({ maxEventSize })));
  }

  return {
    port: await listen(server),
    counted() {
      let counted = 0;
      // maxEventSize limits what a parser without `heldBytes` holds.
      for (const parser of parsers.values()) {
        counted += (parser as { heldBytes?: number } | null)?.heldBytes ?? maxEventSize;
      }
      return counted;
    },
    open: () => parsers.size,
    busy: () => false,
  };
}
