import { once } from 'node:events';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type ServerOptions, WebSocket } from '../../../src/websocket/index.ts';
import { type Supervised, Supervisor, type SupervisorOptions } from '../../../src/websocket/session/supervisor.ts';
import type { Violation } from '../../../src/websocket/wire/violation.ts';
import { openEnds } from '../../support/ends.ts';
import { closePayload, frame } from '../../support/frames.ts';
import { isDue } from '../../support/full-run.ts';
import { RawPeer } from '../../support/raw-peer.ts';
import {
  connectPair,
  ending,
  messages,
  nextConnection,
  openClient,
  startEchoServer,
  startServer,
} from '../../support/sockets.ts';

describe('the heartbeat of a server', () => {
  it('sends a ping after silence, and terminates a peer that does not respond, with one error', async () => {
    const { socket, peer } = await openEnds('server', { heartbeatInterval: 20, heartbeatTimeout: 40 });
    const ended = ending(socket);
    expect(await peer.readFrame()).toMatchObject({ opcode: 9, payload: Buffer.alloc(0) });
    const { code, errors } = await ended;
    expect(code).toBe(1006);
    expect(errors).toMatchObject([
      { name: 'LimitError', code: 'WS_ERR_UNRESPONSIVE', option: 'heartbeatTimeout', limit: 40 },
    ]);
    // Only one ping was sent.
    expect(await peer.readToEnd()).toHaveLength(0);
  });

  it('keeps a peer that responds, with a pong or with anything else', async () => {
    const { socket, peer, send } = await openEnds('server', { heartbeatInterval: 10, heartbeatTimeout: 1000 });
    socket.on('error', () => expect.unreachable('the peer answers'));
    for (let round = 0; round < 3; round++) {
      expect((await peer.readFrame()).opcode).toBe(9);
      send({ opcode: round === 1 ? 1 : 10, payload: 'here' });
    }
    expect(socket.readyState).toBe(WebSocket.OPEN);
  });

  it('keeps a peer whose data is not read', async () => {
    const { socket, peer } = await openEnds('server', { heartbeatInterval: 8, heartbeatTimeout: 8 });
    socket.pause();
    await new Promise((resolve) => setTimeout(resolve, 80));
    expect(socket.readyState).toBe(WebSocket.OPEN);
    const ended = ending(socket);
    socket.resume();
    expect((await ended).errors).toMatchObject([{ code: 'WS_ERR_UNRESPONSIVE' }]);
    await expect.poll(() => peer.ended).toBe(true);
  });

  it('keeps a peer that reads slowly: its pong waits until it has read the data before the ping', async () => {
    const options = { heartbeatInterval: 800, heartbeatTimeout: 800, maxBackpressure: 0 };
    const { socket, peer } = await openEnds('server', options);
    socket.on('error', () => expect.unreachable('the peer reads'));
    peer.socket.on('data', () => {
      peer.socket.pause();
      setTimeout(() => peer.socket.resume(), 4);
    });
    socket.send(Buffer.alloc(64 * 1024 * 1024));
    await new Promise((resolve) => setTimeout(resolve, 2_400));
    expect(socket.readyState).toBe(WebSocket.OPEN);
    expect(socket.bufferedAmount).toBeGreaterThan(0);
    socket.removeAllListeners('error').on('error', () => {});
  });

  it('is disabled with an interval of 0', async () => {
    const { socket } = await openEnds('server', { heartbeatInterval: 0, heartbeatTimeout: 1, messageTimeout: 0 });
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(socket.readyState).toBe(WebSocket.OPEN);
  });
});

describe('the heartbeat of a client', () => {
  it('is disabled by default, and works like that of a server', async () => {
    const { socket, peer } = await openEnds('client', { heartbeatInterval: 10, heartbeatTimeout: 20 });
    const ended = ending(socket);
    expect((await peer.readFrame()).opcode).toBe(9);
    expect((await ended).errors).toMatchObject([{ code: 'WS_ERR_UNRESPONSIVE' }]);
  });
});

describe('messageTimeout', () => {
  it('fails a connection with 1008 if a message is not continued, even if the peer answers pings', async () => {
    const { socket, peer, send } = await openEnds('server', { messageTimeout: 40, heartbeatInterval: 10 });
    const ended = ending(socket);
    send({ opcode: 1, fin: false, payload: 'begun' });
    let next = await peer.readFrame();
    for (; next.opcode === 9; next = await peer.readFrame()) send({ opcode: 10 });
    expect(next).toMatchObject({ opcode: 8, payload: closePayload(1008) });
    peer.end();
    expect((await ended).errors).toMatchObject([{ code: 'WS_ERR_IDLE_MESSAGE', option: 'messageTimeout', limit: 40 }]);
  });

  it('applies to a frame whose payload is not sent', async () => {
    const { peer, frames } = await openEnds('server', { messageTimeout: 30 });
    peer.write(frames({ opcode: 2, payload: Buffer.alloc(100) }).subarray(0, 50));
    expect((await peer.readFrame()).payload).toEqual(closePayload(1008));
  });

  it('does not apply to a message that makes progress', async () => {
    const { socket, send } = await openEnds('server', { messageTimeout: 500 });
    const received = messages(socket, 1);
    send({ opcode: 1, fin: false, payload: '0' });
    for (let part = 1; part < 10; part++) {
      await new Promise((resolve) => setTimeout(resolve, 70));
      send({ opcode: 0, fin: false, payload: `${part}` });
    }
    send({ opcode: 0 });
    expect(await received).toEqual(['0123456789']);
  });

  it('does not apply to a series of similar messages, each of which is finished in time', async () => {
    const { socket, send } = await openEnds('server', { messageTimeout: 200 });
    const received = messages(socket, 12);
    for (let count = 0; count < 12; count++) {
      send({ opcode: 1, fin: false, payload: 'begun' });
      await new Promise((resolve) => setTimeout(resolve, 60));
      // It is followed by the start of the next message, so that there is always an unfinished one.
      send({ opcode: 0, payload: '' });
    }
    expect(new Set(await received)).toEqual(new Set(['begun']));
  });
});

describe('maxReceiveMemory', () => {
  it('limits the memory of all connections together: one without progress is failed with 1013, the others continue', async () => {
    const { port, server, url } = await startEchoServer({ maxReceiveMemory: 100_000 });
    const bystander = await openClient(url);
    const begin = async (length: number): Promise<RawPeer> => {
      const peer = await RawPeer.open(port);
      const before = server.metrics().receiveMemory;
      peer.write(frame({ opcode: 2, fin: false, payload: Buffer.alloc(length) }));
      await expect.poll(() => server.metrics().receiveMemory).toBeGreaterThanOrEqual(before + length);
      return peer;
    };
    const small = await begin(2_000);
    const oldest = await begin(30_000);
    const uploading = await begin(45_000);
    // This is too much. The first one holds less than half of its share, and the largest one has made progress since.
    uploading.write(frame({ opcode: 0, fin: false, payload: Buffer.alloc(30_000) }));
    expect((await oldest.readFrame()).payload).toEqual(closePayload(1013));
    oldest.end();
    // The others finish their messages.
    for (const [peer, length] of [
      [small, 2_001],
      [uploading, 75_001],
    ] as const) {
      peer.write(frame({ opcode: 0, payload: Buffer.alloc(1) }));
      expect((await peer.readFrame()).payload).toHaveLength(length);
    }
    const echoed = messages(bystander, 1);
    bystander.send('still here');
    expect(await echoed).toEqual(['still here']);
    expect(server.metrics()).toMatchObject({ receiveMemory: 0, limits: { maxReceiveMemory: 1 } });
    small.write(frame({ opcode: 2, fin: false, payload: Buffer.alloc(1) }));
    await expect.poll(() => server.metrics().receiveMemory).toBeGreaterThan(0);
    small.socket.destroy();
    await expect.poll(() => server.metrics().receiveMemory).toBe(0);
  });

  const KIB = 1024;
  /** Peers that fill the memory; an honest upload of 2 MiB must succeed beside them. */
  const HOARDERS: readonly (readonly [title: string, count: number, bytes: number, trickle: boolean])[] = [
    ['many that hold little each', 130, 126 * KIB, false],
    ['many that trickle', 130, 126 * KIB, true],
    ['a few that hold as much as the upload', 8, 2100 * KIB, false],
    ['a few that hold more, and trickle', 5, 3300 * KIB, true],
  ];

  it.each(HOARDERS)('does not fail an upload that makes progress beside %s', async (_, count, bytes, trickle) => {
    const { port, server } = await startEchoServer({ maxReceiveMemory: 16 * 1024 * KIB });
    const hoarders = await Promise.all(Array.from({ length: count }, () => RawPeer.open(port)));
    for (const peer of hoarders) peer.write(frame({ opcode: 2, fin: false, payload: Buffer.alloc(bytes) }));
    await expect.poll(() => server.metrics().bytes.received).toBeGreaterThanOrEqual(count * bytes);
    const rounds = isDue('uploads beside hoarders') ? 5 : 2;
    for (let round = 0; round < rounds; round++) {
      const upload = await RawPeer.open(port);
      for (let part = 0; part < 32; part++) {
        upload.write(frame({ opcode: part === 0 ? 2 : 0, fin: part === 31, payload: Buffer.alloc(64 * KIB) }));
        if (trickle) for (const peer of hoarders) peer.write(frame({ opcode: 0, fin: false, payload: 'a' }));
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect((await upload.readFrame()).payload).toHaveLength(2048 * KIB);
      upload.socket.destroy();
    }
    expect(server.metrics().receiveMemory).toBeLessThanOrEqual(16 * 1024 * KIB);
  });

  it('counts data that is held back by pause()', async () => {
    const { server, port } = await startServer();
    const accepted = nextConnection(server);
    const peer = await RawPeer.open(port);
    const socket = await accepted;
    socket.on('message', () => socket.pause());
    peer.write(
      Buffer.concat([frame({ opcode: 1, payload: 'one' }), frame({ opcode: 1, payload: 'x'.repeat(50_000) })]),
    );
    await expect.poll(() => server.metrics().receiveMemory).toBeGreaterThan(0);
    socket.resume();
    await expect.poll(() => server.metrics().receiveMemory).toBe(0);
  });
});

describe('metrics()', () => {
  it('counts connections, messages, bytes, close codes, errors and limits', async () => {
    const options: ServerOptions = { maxPayload: 100, perMessageDeflate: false };
    const { serverEnd, clientEnd, test } = await connectPair(options, { perMessageDeflate: false });
    serverEnd.on('message', (data) => void serverEnd.send(data as Buffer, { binary: false }));
    const echoed = messages(clientEnd, 2);
    clientEnd.send('12345');
    clientEnd.send('67890');
    await echoed;
    expect(test.server.metrics()).toEqual({
      connections: { open: 1, pending: 0, accepted: 1, refused: 0 },
      messages: { received: 2, sent: 2 },
      bytes: { received: 22, sent: 14 },
      receiveMemory: 0,
      sendMemory: 0,
      closeCodes: {},
      errors: {},
      limits: {},
    });
    const closed = once(serverEnd, 'close');
    clientEnd.close(4000);
    await closed;

    const second = await openClient(test.url);
    const ended = ending(second);
    second.send('x'.repeat(101));
    await ended;
    const peer = await RawPeer.connect(test.port);
    peer.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    await peer.readHead();
    await expect
      .poll(() => test.server.metrics().connections)
      .toEqual({ open: 0, pending: 0, accepted: 2, refused: 1 });
    expect(test.server.metrics()).toMatchObject({
      closeCodes: { 4000: 1, 1006: 1 },
      errors: { WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: 1 },
      limits: { maxPayload: 1 },
    });
  });
});

/** A connection without a transport, and the calls of its supervisor. */
class TestConnection implements Supervised {
  sendMemory = 0;
  undeliveredBytes = 0;
  active = false;
  messageProgress = -1;
  readonly calls: string[] = [];

  takeActivity(): boolean {
    const { active } = this;
    this.active = false;
    return active;
  }

  ping(): void {
    this.calls.push('ping');
  }

  countUndelivered(): void {}

  fail(violation: Violation, limit: number, actual: number): void {
    this.calls.push(`fail ${violation.code} ${limit} ${actual}`);
  }

  abandon(error: Error): void {
    this.calls.push(`abandon ${error.message}`);
  }
}

describe('a Supervisor with fake timers', () => {
  function supervise(options: Partial<SupervisorOptions>): { supervisor: Supervisor; connection: TestConnection } {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'setImmediate', 'performance'] });
    onTestFinished(() => void vi.useRealTimers());
    const defaults = { heartbeatInterval: 0, heartbeatTimeout: 0, messageTimeout: 0, maxReceiveMemory: 100 };
    const supervisor = new Supervisor({ ...defaults, ...options });
    const connection = new TestConnection();
    supervisor.add(connection);
    return { supervisor, connection };
  }

  it('sends a ping after heartbeatInterval, and abandons the connection after heartbeatTimeout', () => {
    const { connection } = supervise({ heartbeatInterval: 1000, heartbeatTimeout: 2000 });
    vi.advanceTimersByTime(750);
    expect(connection.calls).toEqual([]);
    vi.advanceTimersByTime(2251);
    expect(connection.calls).toEqual(['ping', expect.stringMatching(/^abandon .*heartbeatTimeout \(limit 2000 ms/)]);
  });

  it('restarts the interval after activity', () => {
    const { connection } = supervise({ heartbeatInterval: 1000, heartbeatTimeout: 1000 });
    for (let round = 0; round < 3; round++) {
      vi.advanceTimersByTime(1500);
      connection.active = true;
      vi.advanceTimersByTime(250);
    }
    expect(connection.calls).toEqual(['ping', 'ping', 'ping']);
  });

  it('fails a connection whose message makes no progress for messageTimeout', () => {
    const { connection } = supervise({ messageTimeout: 1000 });
    for (let progress = 0; progress < 5; progress++) {
      connection.messageProgress = progress;
      vi.advanceTimersByTime(750);
    }
    expect(connection.calls).toEqual([]);
    vi.advanceTimersByTime(500);
    expect(connection.calls).toEqual(['fail WS_ERR_IDLE_MESSAGE 1000 1000']);
  });

  it.each<
    [title: string, steps: readonly (readonly [connection: number, bytes: number, how?: 'grows'])[], failed: number]
  >([
    [
      'the one that began first',
      [
        [0, 60],
        [1, 40],
        [1, 41],
      ],
      0,
    ],
    [
      'not the one that has made progress since',
      [
        [0, 40],
        [1, 30],
        [0, 71],
      ],
      1,
    ],
    [
      'not one that holds little',
      [
        [0, 10],
        [1, 30],
        [2, 40],
        [2, 61],
      ],
      1,
    ],
    ['the only one', [[0, 101]], 0],
    [
      'not one that has delivered and begun again',
      [
        [0, 50],
        [1, 50],
        [0, 0],
        [0, 50],
        [2, 1],
      ],
      1,
    ],
    [
      'also one that trickles',
      [
        [0, 50],
        [1, 40],
        [0, 50.01],
        [1, 51],
      ],
      0,
    ],
    [
      'also one whose message grows while it is inflated',
      [
        [0, 10],
        [1, 40],
        [0, 50, 'grows'],
        [0, 61, 'grows'],
      ],
      0,
    ],
    [
      'also one that holds something only while a message is inflated',
      [
        [0, 20, 'grows'],
        [1, 40],
        [0, 40, 'grows'],
        [1, 50],
        [0, 51, 'grows'],
      ],
      0,
    ],
    [
      'the one that was inflated to the most bytes, if none stands still',
      [
        [0, 30],
        [1, 1],
        [1, 20, 'grows'],
        [2, 1],
        [2, 51, 'grows'],
      ],
      2,
    ],
    [
      'also one whose memory shrinks',
      [
        [0, 60],
        [1, 40],
        [0, 59],
        [1, 42],
      ],
      0,
    ],
  ])('fails a connection without progress past maxReceiveMemory: %s', (_, steps, failed) => {
    const { supervisor, connection } = supervise({});
    const connections = [connection, new TestConnection(), new TestConnection()];
    for (const other of connections.slice(1)) supervisor.add(other);
    for (const [index, bytes, grows] of steps) supervisor.setUndelivered(connections[index]!, bytes, grows !== 'grows');
    expect(connections.map(({ calls }) => calls.length)).toEqual([0, 1, 2].map((index) => (index === failed ? 1 : 0)));
    expect(connections[failed]!.calls[0]).toMatch(/^fail WS_ERR_RECEIVE_MEMORY 100 10\d/);
    // What it still holds is about to be freed.
    const before = supervisor.metrics(0).receiveMemory;
    supervisor.setUndelivered(connections[failed]!, 99, true);
    expect(supervisor.metrics(0).receiveMemory).toBe(before);
    supervisor.remove(connections[failed]!, 1013);
    expect(supervisor.metrics(0).receiveMemory).toBe(before);
  });

  it('has one timer for all connections, and none without connections', () => {
    const { supervisor, connection } = supervise({ heartbeatInterval: 1000 });
    const other = new TestConnection();
    supervisor.add(other);
    expect(vi.getTimerCount()).toBe(1);
    supervisor.remove(connection, 1000);
    supervisor.remove(connection, 1000);
    expect([vi.getTimerCount(), supervisor.openConnections]).toEqual([1, 1]);
    supervisor.remove(other, 1006);
    expect([vi.getTimerCount(), supervisor.openConnections]).toEqual([0, 0]);
    expect(supervisor.metrics(0).closeCodes).toEqual({ 1000: 1, 1006: 1 });
  });
});
