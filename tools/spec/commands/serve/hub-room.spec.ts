import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { EngineProcess } from '../../../../spec/hub/engines/engine-process.ts';
import { freePort } from '../../../../spec/hub/engines/engine-process.ts';
import { startNats } from '../../../../spec/hub/engines/nats-server.ts';
import { startRedis } from '../../../../spec/hub/engines/redis-server.ts';
import { findNatsServer, findRedis } from '../../../../spec/support/external-programs.ts';
import { isDue } from '../../../../spec/support/full-run.ts';
import { ending, messages } from '../../../../spec/support/sockets.ts';
import { WebSocket } from '../../../../src/websocket/index.ts';
import { type Demonstration, startDemonstration } from '../../../src/commands/serve/demonstration.ts';
import { HubRoom } from '../../../src/commands/serve/hub-room.ts';
import { connectToNats, connectToRedis, type SharedHub } from '../../../src/commands/serve/shared-hub.ts';
import { refusalOf, runPushwire, runWarm } from '../../support/command.ts';
import { WarmCommand } from '../../support/warm-command.ts';

interface Engine {
  readonly isInstalled: boolean;
  start(): Promise<EngineProcess>;
  connect(port: number): Promise<SharedHub>;
}

const ENGINES = {
  redis: {
    isInstalled: findRedis() !== null,
    start: startRedis,
    connect: (port) => connectToRedis(`redis://127.0.0.1:${port}`),
  },
  nats: {
    isInstalled: findNatsServer() !== null,
    start: startNats,
    connect: (port) => connectToNats(`nats://127.0.0.1:${port}`),
  },
} as const satisfies Record<string, Engine>;

async function startEngine({ start }: Engine): Promise<EngineProcess> {
  const engine = await start();
  onTestFinished(() => engine.end());
  return engine;
}

async function startProcess({ connect }: Engine, { port }: EngineProcess): Promise<Demonstration> {
  const room = new HubRoom(await connect(port));
  const demonstration = await startDemonstration(0, '127.0.0.1', 60_000, undefined, undefined, room);
  onTestFinished(() => demonstration.close());
  return demonstration;
}

/** Resolves with the lines of an event stream up to one that contains the text. */
async function linesUntil(url: string, text: string): Promise<string[]> {
  let received = '';
  const response = await fetch(url);
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    received += chunk;
    if (received.includes(`${text}\n\n`)) break;
  }
  return received.split('\n');
}

/** Opens a client. What it receives with the handshake can be listened to. */
function connect(address: string, lastEventId = ''): WebSocket {
  const client = new WebSocket(`ws://${address}/broadcast?lastEventId=${lastEventId}`);
  onTestFinished(() => client.terminate());
  return client;
}

const post = (address: string, body: string): Promise<Response> =>
  fetch(`http://${address}/broadcast`, { method: 'POST', body });

describe.for(Object.entries<Engine>(ENGINES).filter(([, { isInstalled }]) => isInstalled))('with %s', ([, engine]) => {
  it('text reaches the clients of all processes, and bytes their WebSockets', async () => {
    const server = await startEngine(engine);
    const [one, other] = [await startProcess(engine, server), await startProcess(engine, server)];
    const [sender, receiver] = [connect(one.address), connect(other.address)];
    const received = messages(receiver, 4);
    // First, both receive the position from which on they receive messages.
    const [[position]] = await Promise.all([messages(receiver, 1), messages(sender, 1)]);
    const stream = linesUntil(`http://${other.address}/broadcast?lastEventId=${JSON.parse(position!).id}`, 'by POST');
    sender.send('by message');
    sender.send(Buffer.from('bytes'));
    await messages(receiver, 2);
    expect((await post(one.address, 'by POST')).status).toBe(204);
    expect((await received).slice(1).map((text) => JSON.parse(text))).toEqual([
      { id: expect.any(String), topic: 'broadcast/text', data: 'by message' },
      { id: expect.any(String), topic: 'broadcast/bytes', data: Buffer.from('bytes').toString('base64') },
      { id: expect.any(String), topic: 'broadcast/text', data: 'by POST' },
    ]);
    expect((await stream).filter((line) => line.startsWith('data'))).toEqual(['data: by message', 'data: by POST']);
  });

  it('clients that reconnect to another process receive the messages that they have missed', async () => {
    const server = await startEngine(engine);
    const [one, other] = [await startProcess(engine, server), await startProcess(engine, server)];
    const client = connect(one.address);
    const [position] = await messages(client, 1);
    const ended = ending(client);
    await one.close();
    expect((await ended).code).toBe(1012);
    await post(other.address, 'missed');
    const { id } = JSON.parse(position!);
    // The position comes first if this process has not read the message from the log yet.
    const later = connect(other.address, id);
    const missed = await new Promise<string>((resolve) => {
      later.on('message', (text) => `${text}`.includes('"data"') && resolve(`${text}`));
    });
    expect(JSON.parse(missed)).toMatchObject({ data: 'missed' });
    expect(await linesUntil(`http://${other.address}/broadcast?lastEventId=${id}`, 'missed')).toContain('data: missed');
  });

  it('a message that cannot be published is answered with 503, or 1011', async () => {
    const server = await startEngine(engine);
    const shared = await engine.connect(server.port);
    shared.hub.publish = () => Promise.reject(new Error('no log'));
    const room = new HubRoom(shared);
    const { address, close } = await startDemonstration(0, '127.0.0.1', 60_000, undefined, undefined, room);
    onTestFinished(close);
    expect((await post(address, 'text')).status).toBe(503);
    const client = connect(address);
    const ended = ending(client);
    client.on('open', () => client.send('text'));
    expect(await ended).toMatchObject({ code: 1011 });
  });
});

describe('pushwire serve', () => {
  it('ends with a message when Redis or NATS cannot be reached', async () => {
    const port = await freePort();
    const runs = [`--redis=redis://127.0.0.1:${port}`, `--nats=nats://127.0.0.1:${port}`].map((option) =>
      runWarm('serve', '--port', '0', option),
    );
    for (const { status, output } of await Promise.all(runs)) {
      expect(output).toMatch(/^pushwire: (Redis|NATS) cannot be reached: .*(ECONNREFUSED|refused)/i);
      expect(status).toBe(1);
    }
  });

  it.runIf(isDue('silent engines'))(
    'ends with a message when Redis or NATS accepts the connection and says nothing',
    async () => {
      const engine = createServer(() => {}).listen(0, '127.0.0.1');
      onTestFinished(() => void engine.close());
      await once(engine, 'listening');
      const { port } = engine.address() as AddressInfo;
      const runs = [`--redis=redis://127.0.0.1:${port}`, `--nats=nats://127.0.0.1:${port}`].map((option) =>
        runPushwire('serve', '--port', '0', option),
      );
      for (const { status, output } of await Promise.all(runs)) {
        expect(output).toMatch(/^pushwire: (Redis|NATS) cannot be reached: no answer in 5000 ms$/m);
        expect(status).toBe(1);
      }
    },
  );

  it.skipIf(findNatsServer() === null)('prints that the log does not answer, with the reason', async () => {
    const server = await startNats({ hasJetStream: false });
    onTestFinished(() => server.end());
    const url = `nats://name:password@127.0.0.1:${server.port}`;
    const program = new WarmCommand(['serve', '--port', '0', '--nats', url]);
    await program.printed('The log does not answer: no responders');
  });

  it.skipIf(findNatsServer() === null)('connects to NATS with TLS, or as a user, if the URL says so', async () => {
    const configuration = 'authorization: { user: "a b", password: "p@" }';
    const server = await startNats({ configuration });
    onTestFinished(() => server.end());
    const { hub, disconnect } = await connectToNats(`nats://a%20b:p%40@127.0.0.1:${server.port}`);
    await hub.ready();
    await hub.shutdown();
    await disconnect();
    await expect(connectToNats(`tls://127.0.0.1:${server.port}`)).rejects.toThrow("server does not support 'tls'");
  });

  it('takes one log only', async () => {
    const options = ['--redis', 'redis://127.0.0.1', '--nats', 'nats://127.0.0.1'];
    expect(await refusalOf('serve', ...options)).toBe('--redis and --nats cannot be used together');
  });
});
