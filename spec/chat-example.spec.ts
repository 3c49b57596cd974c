import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from '../src/websocket/index.ts';
import { ChildProgram } from './support/child-program.ts';

const SERVER = fileURLToPath(new URL('../examples/chat/server.js', import.meta.url));

interface Message {
  readonly id?: string;
  readonly data?: { readonly key: string; readonly name: string; readonly text: string };
  readonly members?: readonly string[];
  readonly acknowledged?: string;
  readonly refused?: string;
  readonly typing?: string;
}

async function start(): Promise<{ program: ChildProgram; port: string }> {
  const program = new ChildProgram(SERVER, { args: ['--port', '0'] });
  await program.printed('Open ');
  return { program, port: /:(\d+)\//.exec(program.output)![1]! };
}

/** A member of a room, and everything that it receives. */
class Visitor {
  readonly socket: WebSocket;
  readonly received: Message[] = [];

  private constructor(port: string) {
    this.socket = new WebSocket(`ws://127.0.0.1:${port}/chat`);
    onTestFinished(() => this.socket.terminate());
    this.socket.on('message', (data) => {
      this.received.push(JSON.parse(String(data)));
      this.socket.emit('received');
    });
  }

  static async connect(port: string): Promise<Visitor> {
    const visitor = new Visitor(port);
    await once(visitor.socket, 'open');
    return visitor;
  }

  static async enter(port: string, name: string, room = 'tea', lastEventId?: string): Promise<Visitor> {
    const visitor = await Visitor.connect(port);
    visitor.send({ name, room, lastEventId });
    await visitor.until(({ members }) => members?.includes(name) === true);
    return visitor;
  }

  send(message: unknown): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  /** Resolves with the first message that fits. */
  async until(fits: (message: Message) => boolean): Promise<Message> {
    for (;;) {
      const found = this.received.find(fits);
      if (found !== undefined) return found;
      await once(this.socket, 'received');
    }
  }

  /** Sends a text and resolves with the id that acknowledges it. */
  async say(key: string, text = key): Promise<string> {
    this.send({ key, text });
    return (await this.until(({ acknowledged }) => acknowledged === key)).id!;
  }

  get texts(): string[] {
    return this.received.flatMap(({ data }) => data?.text ?? []);
  }

  async leave(): Promise<void> {
    this.socket.close();
    await once(this.socket, 'close');
  }
}

describe('examples/chat', () => {
  it('sends a message to the members of its room, and acknowledges it with its id', async () => {
    const { port } = await start();
    const [alice, bob, eve] = await Promise.all([
      Visitor.enter(port, 'alice'),
      Visitor.enter(port, 'bob'),
      Visitor.enter(port, 'eve', 'coffee'),
    ]);
    const id = await alice.say('k1', 'hello');
    const { data } = await bob.until(({ data }) => data !== undefined);
    expect(data).toEqual({ key: 'k1', name: 'alice', text: 'hello', time: expect.any(Number) });
    expect(bob.received.find(({ data }) => data !== undefined)!.id).toBe(id);
    await eve.say('k1', 'of another room');
    await eve.until(({ data }) => data !== undefined);
    expect(eve.texts).toEqual(['of another room']);
  });

  it('has a message once, even if a client sends it again after a lost connection', async () => {
    const { port } = await start();
    const bob = await Visitor.enter(port, 'bob');
    const alice = await Visitor.enter(port, 'alice');
    const id = await alice.say('k1', 'hello');
    alice.socket.terminate();
    const again = await Visitor.enter(port, 'alice');
    expect(await again.say('k1', 'hello')).toBe(id);
    // The key of another member is another message.
    expect(await bob.say('k1', 'hello, too')).not.toBe(id);
    await bob.until(({ data }) => data?.name === 'bob');
    expect(bob.texts).toEqual(['hello', 'hello, too']);
  });

  it('sends missed messages to a member that reconnects, and the latest fifty to a new one', async () => {
    const { port } = await start();
    const bob = await Visitor.enter(port, 'bob');
    const alice = await Visitor.enter(port, 'alice');
    const last = await alice.say('first');
    await bob.until(({ data }) => data?.text === 'first');
    await bob.leave();
    await alice.say('missed');
    const back = await Visitor.enter(port, 'bob', 'tea', last);
    await back.until(({ data }) => data !== undefined);
    expect(back.texts).toEqual(['missed']);

    // Ten at a time: a member may say no more at once.
    const names = Array.from({ length: 6 }, (_, index) => `m${index}`);
    for (const name of names) {
      const member = await Visitor.enter(port, name);
      for (let number = 0; number < 9; number++) await member.say(`${name}-${number}`);
    }
    const newcomer = await Visitor.enter(port, 'carol');
    await newcomer.until(({ data }) => data?.text === 'm5-8');
    expect(newcomer.texts.length).toBeGreaterThanOrEqual(49);
    expect(newcomer.texts).not.toContain('first');
    expect(new Set(newcomer.texts).size).toBe(newcomer.texts.length);
  });

  it('reports the members of a room, and which of them are typing', async () => {
    const { port } = await start();
    const alice = await Visitor.enter(port, 'alice');
    const bob = await Visitor.enter(port, 'bob');
    await alice.until(({ members }) => members?.join() === 'alice,bob');
    bob.send({ typing: true });
    expect(await alice.until(({ typing }) => typing !== undefined)).toEqual({ typing: 'bob' });
    await bob.leave();
    await alice.until(({ members }) => members?.join() === 'alice' && alice.received.at(-1)!.members === members);
    expect(bob.received.filter(({ typing }) => typing !== undefined)).toEqual([]);
  });

  it('refuses a text that is too long or empty, and too many messages', async () => {
    const { port } = await start();
    const alice = await Visitor.enter(port, 'alice');
    for (const [key, text] of [
      ['empty', ' '],
      ['long', 'x'.repeat(1001)],
    ]) {
      alice.send({ key, text });
      await alice.until(({ refused }) => refused === key);
    }
    for (let number = 0; number < 15; number++) alice.send({ key: `k${number}`, text: 'again' });
    await alice.until(({ refused }) => refused === 'k14');
    expect(alice.received.filter(({ acknowledged }) => acknowledged !== undefined).length).toBeLessThan(15);
    const closed = once(alice.socket, 'close');
    for (let number = 0; number < 110; number++) alice.send({ key: `k${number}`, text: '' });
    expect((await closed)[0]).toBe(1008);
  });

  it('closes a connection that sends what no page of the chat sends, and serves the others', async () => {
    const { port } = await start();
    const alice = await Visitor.enter(port, 'alice');
    const entries = ['x', '1', 'null', '[]', { name: 'a' }, { name: 'a', room: '*' }, { name: 'a b', room: 'tea' }];
    const wrong = [...entries, { name: 'a', room: 'tea', lastEventId: 1 }, { name: 'a', room: 'x'.repeat(21) }];
    for (const message of wrong) {
      const visitor = await Visitor.connect(port);
      visitor.send(message);
      expect((await once(visitor.socket, 'close'))[0]).toBe(1008);
    }
    for (const message of [
      'x',
      'null',
      {},
      { text: 'no key' },
      { key: 'a b', text: 'x' },
      { key: 'a', text: 1 },
      { key: {}, text: '' },
    ]) {
      const visitor = await Visitor.enter(port, 'eve');
      visitor.send(message);
      expect((await once(visitor.socket, 'close'))[0]).toBe(1008);
    }
    const visitor = await Visitor.connect(port);
    visitor.send('x'.repeat(8193));
    expect((await once(visitor.socket, 'close'))[0]).toBe(1009);
    await alice.say('k1');
  });

  it('closes the connections of its members with 1012 at SIGTERM, and ends', async () => {
    const { program, port } = await start();
    const alice = await Visitor.enter(port, 'alice');
    const closed = once(alice.socket, 'close');
    program.process.kill('SIGTERM');
    expect((await closed)[0]).toBe(1012);
    expect(await program.ended()).toBe(0);
  });
});
