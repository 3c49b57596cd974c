import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as ws from 'ws';
import * as pushwire from '../../src/websocket/index.ts';
import { isDue } from '../support/full-run.ts';
import { expectSame, fragmentsOf, LENGTHS, listen, type Message, messageOf, SCHEMES, type Scheme } from './echo.ts';

/** The API that both libraries have in common: that of `ws`. */
type AnyWebSocket = ws.WebSocket | pushwire.WebSocket;

const PAIRS = [
  { server: 'ws', client: 'pushwire', Server: ws.WebSocketServer, Client: pushwire.WebSocket },
  { server: 'pushwire', client: 'ws', Server: pushwire.WebSocketServer, Client: ws.WebSocket },
  { server: 'pushwire', client: 'pushwire', Server: pushwire.WebSocketServer, Client: pushwire.WebSocket },
] as const;

const LONGEST = Math.max(...LENGTHS);

async function connect(
  { Server, Client }: (typeof PAIRS)[number],
  scheme: Scheme,
): Promise<{ serverEnd: AnyWebSocket; clientEnd: AnyWebSocket; end: () => void }> {
  const { http, url, certificate } = await listen(scheme);
  const server = new (Server as typeof ws.WebSocketServer)({ server: http });
  const accepted = once(server, 'connection');
  const clientEnd = new (Client as typeof ws.WebSocket)(`${url}/`, ['chat', 'superchat'], { ca: certificate.cert });
  await once(clientEnd, 'open');
  const [serverEnd] = await accepted;
  const end = (): void => {
    clientEnd.terminate();
    serverEnd.terminate();
    http.close();
  };
  return { serverEnd, clientEnd, end };
}

/** The next message. */
function receive(socket: AnyWebSocket): Promise<Message> {
  return new Promise((resolve) => {
    (socket as ws.WebSocket).once('message', (data, isBinary) => resolve({ bytes: data as Buffer, isBinary }));
  });
}

function send(socket: AnyWebSocket, { bytes, isBinary }: Message, fragmented: boolean): void {
  const fragments = fragmented ? fragmentsOf(bytes) : [bytes];
  fragments.forEach((fragment, index) => {
    (socket as ws.WebSocket).send(fragment, { binary: isBinary, fin: index === fragments.length - 1 });
  });
}

function closed(socket: AnyWebSocket): Promise<string> {
  return new Promise((resolve) => {
    (socket as ws.WebSocket).on('close', (code, reason) => resolve(`${code} ${reason}`));
  });
}

describe.each(PAIRS)('a server of $server and a client of $client', (pair) => {
  describe.each(SCHEMES)('over %s', (scheme) => {
    let ends: Awaited<ReturnType<typeof connect>>;
    beforeAll(async () => {
      ends = await connect(pair, scheme);
    });
    afterAll(() => ends.end());

    for (const length of LENGTHS) {
      for (const isBinary of [false, true]) {
        for (const fragmented of [false, true]) {
          // Without a full run, one of the longest messages for each pair: one pair has it over TLS.
          const isOverTLS = pair.server === pair.client;
          const isShort =
            length < LONGEST || (isOverTLS === (scheme === 'wss') && fragmented && isBinary === isOverTLS);
          if (!isShort && !isDue(`${pair.server} ${pair.client} ${scheme} 16 MiB`)) continue;
          const title = `${fragmented ? 'fragmented ' : ''}${isBinary ? 'binary' : 'text'} of ${length} bytes`;
          it(`echo ${title}`, async () => {
            const message = messageOf(length, isBinary);
            const arrived = receive(ends.serverEnd);
            const echoed = receive(ends.clientEnd);
            send(ends.clientEnd, message, fragmented);
            send(ends.serverEnd, await arrived, fragmented);
            expectSame([await echoed], [message]);
          });
        }
      }
    }

    it('agree on the first subprotocol', () => {
      expect([ends.serverEnd.protocol, ends.clientEnd.protocol]).toEqual(['chat', 'chat']);
    });

    it('ping and pong, both ways, also in the middle of a message', async () => {
      for (const [one, other] of [
        [ends.serverEnd, ends.clientEnd],
        [ends.clientEnd, ends.serverEnd],
      ] as [ws.WebSocket, ws.WebSocket][]) {
        const arrived = receive(other);
        const pinged = once(other, 'ping');
        const ponged = once(one, 'pong');
        one.send('in the ', { fin: false });
        one.ping('are you there?');
        one.send('middle');
        expect(String((await pinged)[0])).toBe('are you there?');
        expect(String((await ponged)[0])).toBe('are you there?');
        expect((await arrived).bytes.toString()).toBe('in the middle');
      }
    });

    it('keep the order of many messages', async () => {
      const count = 2000;
      const received: string[] = [];
      const all = new Promise<void>((resolve) => {
        const listener = (data: unknown): void => {
          received.push(String(data));
          if (received.length < count) return;
          (ends.clientEnd as ws.WebSocket).off('message', listener);
          resolve();
        };
        (ends.clientEnd as ws.WebSocket).on('message', listener);
      });
      const echo = (data: ws.RawData): void => (ends.serverEnd as ws.WebSocket).send(data, { binary: false });
      (ends.serverEnd as ws.WebSocket).on('message', echo);
      for (let index = 0; index < count; index++) (ends.clientEnd as ws.WebSocket).send(`${index}`);
      await all;
      (ends.serverEnd as ws.WebSocket).off('message', echo);
      expect(received).toEqual(received.map((_, index) => `${index}`));
    });
  });

  it('close from either end with the same code and reason', async () => {
    for (const starter of ['serverEnd', 'clientEnd'] as const) {
      const ends = await connect(pair, 'ws');
      const both = Promise.all([closed(ends.serverEnd), closed(ends.clientEnd)]);
      ends[starter].close(4000, 'grüße');
      expect(await both).toEqual(['4000 grüße', '4000 grüße']);
      ends.end();
    }
  });

  it('deliver what is sent right before the end', async () => {
    for (const [starter, other] of [
      ['serverEnd', 'clientEnd'],
      ['clientEnd', 'serverEnd'],
    ] as const) {
      const ends = await connect(pair, 'ws');
      const arrived = receive(ends[other]);
      const closure = closed(ends[other]);
      (ends[starter] as ws.WebSocket).send(Buffer.alloc(1_000_000, 'x'));
      ends[starter].close(1000);
      expect((await arrived).bytes).toHaveLength(1_000_000);
      expect(await closure).toBe('1000 ');
      ends.end();
    }
  });

  it('report 1006 when the other end is terminated', async () => {
    const ends = await connect(pair, 'ws');
    const closure = closed(ends.clientEnd);
    ends.serverEnd.terminate();
    expect(await closure).toBe('1006 ');
    ends.end();
  });
});
