import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Agent, EventSource, WebSocket } from 'undici';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { EventStream } from '../../src/sse/index.ts';
import { type WebSocket as WebSocketEnd, WebSocketServer } from '../../src/websocket/index.ts';
import { isDue } from '../support/full-run.ts';
import { expectSame, fragmentsOf, LENGTHS, listen, type Message, messageOf, SCHEMES, type Scheme } from './echo.ts';

const LONGEST = Math.max(...LENGTHS);

async function connect(
  scheme: Scheme,
): Promise<{ serverEnd: WebSocketEnd; clientEnd: WebSocket; end: () => Promise<void> }> {
  const { http, url, certificate } = await listen(scheme);
  const server = new WebSocketServer({ server: http });
  const accepted = once(server, 'connection');
  const dispatcher = new Agent({ connect: { ca: certificate.cert } });
  const clientEnd = new WebSocket(url, { protocols: ['chat', 'superchat'], dispatcher });
  clientEnd.binaryType = 'arraybuffer';
  await new Promise((resolve) => clientEnd.addEventListener('open', resolve, { once: true }));
  const [serverEnd] = await accepted;
  const end = async (): Promise<void> => {
    serverEnd.terminate();
    http.close();
    await dispatcher.destroy();
  };
  return { serverEnd, clientEnd, end };
}

/** The next messages. */
function receive(socket: WebSocket, count: number): Promise<Message[]> {
  const received: Message[] = [];
  return new Promise((resolve) => {
    const listener = ({ data }: { data: unknown }): void => {
      received.push({ bytes: Buffer.from(data as string), isBinary: typeof data !== 'string' });
      if (received.length < count) return;
      socket.removeEventListener('message', listener);
      resolve(received);
    };
    socket.addEventListener('message', listener);
  });
}

function closed(socket: WebSocket): Promise<string> {
  return new Promise((resolve) => {
    socket.addEventListener('close', ({ code, reason, wasClean }) => resolve(`${code} ${reason} ${wasClean}`));
  });
}

describe.each(SCHEMES)('the client of undici over %s', (scheme) => {
  let ends: Awaited<ReturnType<typeof connect>>;
  beforeAll(async () => {
    ends = await connect(scheme);
    ends.serverEnd.on('message', (data, isBinary) => {
      // Echoes the message whole, and then in fragments.
      const bytes = data as Buffer;
      ends.serverEnd.send(bytes, { binary: isBinary });
      const fragments = fragmentsOf(bytes);
      fragments.forEach((fragment, index) => {
        ends.serverEnd.send(fragment, { binary: isBinary, fin: index === fragments.length - 1 });
      });
    });
  });
  afterAll(() => ends.end());

  for (const length of LENGTHS) {
    for (const isBinary of [false, true]) {
      // Without a full run, the longest message is binary, over TLS.
      const isShort = length < LONGEST || (isBinary && scheme === 'wss');
      if (!isShort && !isDue(`undici ${scheme} 16 MiB`)) continue;
      it(`receives the echo of ${length} bytes of ${isBinary ? 'binary' : 'text'}, whole and fragmented`, async () => {
        const message = messageOf(length, isBinary);
        const echoes = receive(ends.clientEnd, 2);
        ends.clientEnd.send(isBinary ? (message.bytes as Buffer<ArrayBuffer>) : message.bytes.toString());
        expectSame(await echoes, [message, message]);
      });
    }
  }

  it('agrees on the first subprotocol', () => {
    expect([ends.clientEnd.protocol, ends.serverEnd.protocol]).toEqual(['chat', 'chat']);
  });

  it('answers our ping', async () => {
    const ponged = once(ends.serverEnd, 'pong');
    ends.serverEnd.ping('there?');
    expect(String((await ponged)[0])).toBe('there?');
  });
});

describe('the client of undici', () => {
  it('closes cleanly from either end', async () => {
    for (const starter of ['serverEnd', 'clientEnd'] as const) {
      const ends = await connect('ws');
      const client = closed(ends.clientEnd);
      const server = once(ends.serverEnd, 'close');
      ends[starter].close(4000, 'grüße');
      expect(await client).toBe('4000 grüße true');
      // The answer of undici has the code without the reason.
      expect((await server).map(String)).toEqual(['4000', starter === 'clientEnd' ? 'grüße' : '']);
      await ends.end();
    }
  });
});

describe('the EventSource of undici', () => {
  it('reads an EventStream, and reconnects with the last event ID', async () => {
    const lastEventIds: string[] = [];
    const http = createServer((request, response) => {
      const stream = EventStream.open(request, response, { retry: 10 });
      lastEventIds.push(stream.lastEventId);
      const number = lastEventIds.length;
      stream.send({ event: 'tick', id: `ä${number}`, data: 'two\nlines' });
      stream.send(`connection ${number}`);
      stream.close();
    });
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    onTestFinished(() => void http.close());

    const source = new EventSource(`http://127.0.0.1:${(http.address() as AddressInfo).port}`);
    const lines: string[] = [];
    await new Promise<void>((resolve) => {
      source.addEventListener('open', () => lines.push('open'));
      source.addEventListener('tick', (event) => {
        const { data, lastEventId } = event as unknown as { data: string; lastEventId: string };
        lines.push(`${lastEventId} ${JSON.stringify(data)}`);
      });
      source.addEventListener('message', ({ data }) => {
        if (lines.push(data) >= 6) resolve();
      });
    });
    source.close();
    const events = (number: number): string[] => ['open', `ä${number} "two\\nlines"`, `connection ${number}`];
    expect(lines).toEqual([...events(1), ...events(2)]);
    expect(lastEventIds.slice(0, 2)).toEqual(['', 'ä1']);
  });
});
