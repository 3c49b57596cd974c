import { Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { CATALOGUE } from '../../src/conformance/catalogue.ts';
import { type Behaviour, STANDARD } from '../../src/conformance/self-test/echo-behaviour.ts';
import { probeAgentClient, probeAgentServer } from '../../src/conformance/self-test/probing.ts';
import { close, ping, pong, text } from '../../src/conformance/websocket/cases/dsl.ts';
import { type FrameDescription, frame, parseFrames } from '../../src/conformance/websocket/frames.ts';
import { TestConnection } from '../../src/conformance/websocket/test-connection.ts';
import { WireLog } from '../../src/conformance/wire-log.ts';

/** A transport that records what the tester, a server, sends. */
class Recorder extends Duplex {
  readonly writes: Buffer[] = [];
  /** Called before each write is recorded. */
  beforeWrite: () => void = () => {};

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, callback: () => void): void {
    this.beforeWrite();
    this.writes.push(chunk);
    callback();
  }

  receive(...frames: readonly FrameDescription[]): void {
    this.emit('data', Buffer.concat(frames.map((one) => frame(one))));
  }

  /** The opcode and the payload of each frame of the tester. */
  get sent(): [number, string][] {
    return parseFrames(Buffer.concat(this.writes)).map(({ opcode, payload }) => [opcode, payload.toString('latin1')]);
  }
}

function start(): { transport: Recorder; connection: TestConnection } {
  const transport = new Recorder();
  return { transport, connection: new TestConnection(transport, Buffer.alloc(0), false, new WireLog()) };
}

const NORMAL = '\x03\xe8';

describe('the tester', () => {
  it('answers each ping with its payload, up to the Close frame of the agent', () => {
    const { transport } = start();
    transport.receive(ping('one'), text('two', { fin: false }), ping(), close(1000), ping('late'));
    expect(transport.sent).toEqual([
      [10, 'one'],
      [10, ''],
      [8, NORMAL],
    ]);
  });

  it('answers a Close frame once, with its code if that may be sent', async () => {
    for (const [code, answer] of [
      [1000, NORMAL],
      [1007, '\x03\xef'],
      [4999, '\x13\x87'],
      [undefined, ''],
      [1006, ''],
      [0, ''],
    ] as const) {
      const { transport, connection } = start();
      transport.receive(close(code));
      transport.receive(close(1000));
      await connection.send({ send: [text('no more data')] });
      expect(transport.sent).toEqual([[8, answer]]);
    }
  });

  it('does not answer a Close frame if it has sent one', async () => {
    const { transport, connection } = start();
    await connection.send({ send: [close(1000)] });
    transport.receive(close(1000));
    expect(transport.sent).toEqual([[8, NORMAL]]);
    expect(connection.closing('')).toMatchObject({ firstClose: 'tester', testerCode: 1000, agentCode: 1000 });
  });

  it('sends no answer within a frame, and completes the frame if the agent closes the connection', async () => {
    for (const writeSize of [1, 3, 'frames'] as const) {
      const { transport, connection } = start();
      let writes = 0;
      transport.beforeWrite = () => {
        writes++;
        if (writes === 1) transport.receive(ping('a'));
        if (writes === 2) transport.receive(ping('b'), close(1002, 'why'));
      };
      await connection.send({ send: [text('Hello'), text('Hello'), text('Hello')], writeSize });
      const data = transport.sent.filter(([opcode]) => opcode === 1);
      expect(data).toEqual([[1, 'Hello']]);
      expect(transport.sent.filter(([opcode]) => opcode !== 1)).toEqual([
        [10, 'a'],
        [10, 'b'],
        [8, '\x03\xeawhy'.slice(0, 2)],
      ]);
      expect(connection.closing('')).toMatchObject({ firstClose: 'agent', agentCode: 1002, agentReason: 'why' });
    }
  });

  it('sends no answer between two parts of a frame', async () => {
    const { transport, connection } = start();
    await connection.send({ send: [text('Hello')], part: { start: 0, end: 2 } });
    transport.receive(ping('a'));
    await connection.send({ send: [text('Hello')], part: { start: 2, end: 3 } });
    transport.receive(close(1007));
    await connection.send({ send: [text('Hello')], part: { start: 3 } });
    expect(transport.sent).toEqual([
      [1, 'Hello'],
      [10, 'a'],
      [8, '\x03\xef'],
    ]);
  });

  it('counts pongs that answer a ping, and unsolicited pongs', async () => {
    const { transport, connection } = start();
    await connection.send({ send: [pong('mine'), ping('1'), ping('2'), ping('3')] });
    transport.receive(pong('other'), pong('2'), pong('1'), pong('3'), pong('3'), pong(), pong('mine'));
    const { pongs, unsolicitedPongs, repeatedPong } = connection.agent;
    expect(pongs.map(({ ping: number, isOutOfOrder }) => [number, isOutOfOrder])).toEqual([
      [1, false],
      [0, true],
      [2, false],
    ]);
    expect([unsolicitedPongs, String(repeatedPong)]).toEqual([4, 'mine']);
  });
});

describe.each([
  ['server', probeAgentServer],
  ['client', probeAgentClient],
] as const)('the result for a %s', (role, probe) => {
  const run = async (id: string, changes: Partial<Behaviour>) => {
    const results = await probe(
      { ...STANDARD, ...changes },
      CATALOGUE.filter((test) => test.id === id),
      500,
    );
    return results[0]!;
  };

  it('reports what was received instead of a failure, with the sentence of the standard', async () => {
    const { text: explanation } = await run('6.3.1', { utf8: 'never' });
    expect(explanation).toMatch(
      /^Message 1 is unexpected; expected the failure of the connection; received text of 20 bytes \(cebae1.*\) \(RFC 6455 §8\.1: "When an endpoint/,
    );
    const other = await run('2.2', { pong: () => Buffer.from('Hello') });
    expect(other.text).toMatch(
      /^The ping was not answered; expected pong of 13 bytes \("Hello, world!"\); received pong of 5 bytes \("Hello"\) \(RFC 6455 §5\.5\.2: "/,
    );
  });

  it('has both sides of the closing handshake', async () => {
    const tcpEndedBy = role === 'server' ? 'agent' : 'tester';
    expect((await run('1.1.1', {})).closing).toEqual({
      firstClose: 'tester',
      testerCode: 1000,
      agentCode: 1000,
      agentReason: '',
      tcpEndedBy,
      reset: false,
      timedOut: '',
    });
    const failed = await run('3.1', { awaitsCloseAnswer: true });
    expect(failed.closing).toMatchObject({ firstClose: 'agent', testerCode: 1002, agentCode: 1002, tcpEndedBy });
    expect(failed.expectation).toBe('the failure of the connection with 1002');
    const silent = await run('2.1', { pong: () => null });
    expect(silent.closing).toMatchObject({ timedOut: 'The agent did not do what the case expects' });
  });

  it('has the opening handshake, and the frames of both sides with their payloads', async () => {
    const { log } = await run('2.2', {});
    const [first, second, ...frames] = log;
    expect(first?.what).toMatch(/^"GET \/\S* HTTP\/1\.1\\r\\n/);
    expect(second?.what).toMatch(/^"HTTP\/1\.1 101 /);
    expect(frames.slice(0, 2).map(({ who, what }) => `${who}: ${what.replace('masked ', '')}`)).toEqual([
      'tester: FIN ping, 13 bytes: "Hello, world!"',
      'agent: FIN pong, 13 bytes: "Hello, world!"',
    ]);
    expect(frames[0]?.frame).toEqual({
      fin: true,
      rsv: 0,
      opcode: 9,
      masked: role === 'server',
      length: 13,
      payload: Buffer.from('Hello, world!').toString('hex'),
    });
  });
});
