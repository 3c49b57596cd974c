import { createServer as createHttpServer } from 'node:http';
import { createServer, type Server } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { listen, serve } from '../../../spec/support/http-server.ts';
import { startEchoServer, startServer } from '../../../spec/support/sockets.ts';
import { EventStream } from '../../../src/sse/index.ts';
import type { ServerOptions, WebSocket } from '../../../src/websocket/index.ts';
import { explainObstacle } from '../../src/commands/conform/explain-obstacle.ts';
import { SERVER_CATALOGUE } from '../../src/conformance/catalogue.ts';
import { STANDARD } from '../../src/conformance/self-test/echo-behaviour.ts';
import { handshakeServer } from '../../src/conformance/self-test/handshake-agent.ts';
import { HANDSHAKE_FAULTS } from '../../src/conformance/self-test/handshake-faults.ts';
import { MUTANTS } from '../../src/conformance/self-test/mutants.ts';
import { FRAME_MUTANTS, KEY_MUTANTS } from '../../src/conformance/self-test/mutants-of-frames.ts';
import { agentServer, whileListening } from '../../src/conformance/self-test/probing.ts';
import { behaviourOf, RIGHT_AGENTS } from '../../src/conformance/self-test/right-agents.ts';
import { RIGHT_STREAM_SERVERS } from '../../src/conformance/self-test/right-stream-agents.ts';
import { withStreamAgent } from '../../src/conformance/self-test/stream-agent.ts';
import { STREAM_FAULTS } from '../../src/conformance/self-test/stream-faults.ts';
import type { ServerCheck } from '../../src/conformance/server-check.ts';
import { checkStreamServer } from '../../src/conformance/sse/check-stream-server.ts';
import { checkEchoServer } from '../../src/conformance/websocket/check-echo-server.ts';

const OPTIONS = { timeLimit: 30_000, headers: {} };
/** For servers of which some do not answer. */
const BRIEF = { timeLimit: 2000, headers: {} };
/** For servers that do not answer. */
const IMPATIENT = { timeLimit: 300, headers: {} };

const checkSocket = (url: string, options = OPTIONS, cases = SERVER_CATALOGUE): Promise<ServerCheck> =>
  checkEchoServer(url, cases, options);

/** What the command says about a server. */
async function explained(url: string, check: Promise<ServerCheck>): Promise<string> {
  const { obstacle } = await check;
  return obstacle === undefined ? '' : explainObstacle(obstacle, url);
}

/** Starts a server of sockets, each of which `use` receives with all others. */
async function sockets(
  use: (socket: WebSocket, others: () => WebSocket[]) => void,
  options: ServerOptions = {},
): Promise<string> {
  const { server, url } = await startServer(options);
  server.on('connection', (socket) => use(socket, () => [...server.clients!].filter((one) => one !== socket)));
  return url;
}

describe('the check of a WebSocket server lets pass', () => {
  it('every faulty and every unusual agent of the self-test that opens a WebSocket', async () => {
    const servers: [habit: string, server: Server][] = [
      ...[...MUTANTS, ...FRAME_MUTANTS, ...KEY_MUTANTS].map(({ fault, changes }): [string, Server] => [
        fault,
        agentServer({ ...STANDARD, ...changes }),
      ]),
      ...RIGHT_AGENTS.map((agent): [string, Server] => [agent.habit, agentServer(behaviourOf(agent))]),
      ...[1000, 1001, 1005, 1012, 3000, 4999].map((code): [string, Server] => [
        `closes with ${code}`,
        agentServer({ ...STANDARD, closesAfterEcho: code }),
      ]),
      ...HANDSHAKE_FAULTS.map(([fault, changes]): [string, Server] => [fault, handshakeServer(changes)]),
    ];
    expect(servers.length).toBeGreaterThan(100);
    const stopped: string[] = [];
    const work = async (): Promise<void> => {
      for (let next = servers.shift(); next !== undefined; next = servers.shift()) {
        const [habit, server] = next;
        const check = await whileListening(server, (address) => checkSocket(`ws://${address}/`, BRIEF));
        if (check.obstacle !== undefined) stopped.push(habit);
      }
    };
    await Promise.all(Array.from({ length: 12 }, work));
    expect(stopped).toEqual(['refuses everything']);
  });

  it('a server whose response is no valid HTTP, and one that ends TCP after a message', async () => {
    const head = 'HTTP/1.1 101 \nUpgrade: websocket\n';
    for (const response of [`${head}\n`, `${head}Sec-WebSocket-Accept: x\r\n\r\n`, 'HTTP/3 101\r\n\r\n']) {
      const server = createServer((socket) => {
        socket.on('error', () => {}).once('data', () => socket.end(response));
      });
      expect(await checkSocket(`ws://127.0.0.1:${await listen(server)}/`)).toEqual({});
    }
    const url = await sockets((socket) => socket.on('message', () => socket.terminate()));
    expect(await checkSocket(url)).toEqual({});
  });

  it('a server that does not echo, if no case needs an echo', async () => {
    const url = await sockets(() => {});
    const cases = (...groups: string[]) => SERVER_CATALOGUE.filter(({ id }) => groups.includes(id.split('.')[0]!));
    expect(await checkSocket(url, IMPATIENT, cases('2', '14'))).toEqual({});
    expect(await checkSocket(url, IMPATIENT, cases('1'))).toMatchObject({ obstacle: { kind: 'silence' } });
    const greeting = await sockets((socket) => void socket.send('Welcome'));
    expect(await checkSocket(greeting, OPTIONS, cases('14'))).toEqual({});
  });

  it('a server that echoes text or binary messages only', async () => {
    for (const only of [false, true]) {
      const url = await sockets((socket) => {
        socket.on('message', (data, isBinary) => {
          if (isBinary === only) socket.send(data as Buffer, { binary: isBinary });
          else socket.close(1003);
        });
      });
      expect(await checkSocket(url)).toEqual({});
    }
  });
});

describe('the check of a WebSocket server runs cases one at a time', () => {
  it('if the server sends each message to all connections', async () => {
    const url = await sockets((socket, others) => {
      socket.on('message', (data, binary) => {
        for (const one of [socket, ...others()]) one.send(data as Buffer, { binary });
      });
    });
    expect(await checkSocket(url)).toEqual({ sharing: 'broadcast' });
  });

  it('if the server accepts one connection only', async () => {
    const { server, url } = await startEchoServer({ verifyClient: () => server.clients!.size === 0 });
    expect(await checkSocket(url)).toEqual({ sharing: 'single connection' });
  });

  it('if the server closes other connections as soon as they are open', async () => {
    const url = await sockets((socket, others) => {
      if (others().length > 0) return socket.close(1013);
      socket.on('message', (data, binary) => socket.send(data as Buffer, { binary }));
    });
    expect(await checkSocket(url)).toEqual({ sharing: 'single connection' });
  });
});

describe('the check of a WebSocket server stops the run, and says what to do, for', () => {
  const respond = (status: number, headers: Record<string, string> = {}, content = '') =>
    sendResponse(status, headers, content);

  it.each([
    ['an unknown path', 404, {}, '', /received the status 404 instead of 101\. .*no WebSocket at this path\. Check/],
    ['missing credentials', 401, {}, '', /requires credentials\. Use --header "Authorization: \.\.\."/],
    ['a forbidden origin', 403, {}, '', /use --origin ORIGIN\. If it requires credentials, use --header/],
    ['a missing subprotocol', 400, {}, '', /If the server requires a subprotocol, use --protocol NAME/],
    ['a redirect', 307, { Location: 'ws://b/c' }, '', /redirects to ws:\/\/b\/c\. Use that URL/],
    ['a redirect to TLS', 301, { Location: 'https://b/c' }, '', /redirects to wss:\/\/b\/c\. Use that URL/],
    ['a redirect to a path', 302, { Location: '/b' }, '', /redirects to ws:\/\/127\.0\.0\.1:\d+\/b\. Use that URL/],
    ['a redirect to no URL', 302, { Location: 'http://[' }, '', /redirects to http:\/\/\[\. Use that URL/],
    [
      'an event stream',
      200,
      { 'Content-Type': 'text/event-stream' },
      '',
      /event stream\. The URL must begin with http:/,
    ],
    ['a page', 200, { 'Content-Type': 'text/html' }, '<p>', /answered with a web page\. Check the path/],
    ['TLS', 400, {}, 'The plain HTTP request was sent to HTTPS port', /uses TLS\. The URL must begin with wss:\./],
    ['a server in trouble', 503, { Server: 'a' }, '', /unavailable\. The header field Server of the response is "a"\./],
  ] as const)('%s', async (_, status, headers, content, expected) => {
    const url = await respond(status, headers, content);
    expect(await explained(url, checkSocket(url))).toMatch(expected);
  });

  it('another protocol than HTTP', async () => {
    const server = createServer((socket) => void socket.on('error', () => {}).end('SSH-2.0-OpenSSH_9.2\r\n'));
    const url = `ws://127.0.0.1:${await listen(server)}/`;
    expect(await explained(url, checkSocket(url))).toBe(
      'The server does not answer with HTTP; received "SSH-2.0-OpenSSH_9.2\\r\\n". Check the port of the URL.',
    );
  });

  const NEEDED = 'The cases need a server that sends each message back';

  it.each([
    [
      'a greeting',
      (socket: WebSocket) => {
        socket.send('Welcome');
        socket.on('message', (data, binary) => void socket.send(data as Buffer, { binary }));
      },
      `sends a message of its own; received a text message "Welcome". ${NEEDED}, and sends nothing else.`,
      OPTIONS,
    ],
    [
      'a prefix',
      (socket: WebSocket) => socket.on('message', (data) => void socket.send(`You said: ${data}`)),
      /does not echo; sent a text message "(conformance-test-\w+)"; received a text message "You said: \1"\. .* back unchanged\.$/,
      IMPATIENT,
    ],
    [
      'other answers',
      (socket: WebSocket) => socket.on('message', () => void socket.send('{"error":"invalid"}')),
      /does not echo; sent a text message ".*"; received a text message "\{\\"error\\":\\"invalid\\"\}"\./,
      IMPATIENT,
    ],
    [
      'a Close frame',
      (socket: WebSocket) => socket.close(4401, 'No token'),
      'does not echo; received a Close frame with the code 4401 and the reason "No token". The cases need',
      OPTIONS,
    ],
    [
      'no answer',
      () => {},
      `does not echo; received nothing within 300 ms. ${NEEDED}. If it is slow, use --time-limit MS.`,
      IMPATIENT,
    ],
  ])('%s', async (_, use, expected, options) => {
    const url = await sockets((socket) => void use(socket));
    const text = await explained(url, checkSocket(url, options));
    if (typeof expected === 'string') expect(text).toContain(expected);
    else expect(text).toMatch(expected);
  });

  it('a server that sends a message to the others only', async () => {
    const url = await sockets((socket, others) => {
      socket.on('message', (data, binary) => {
        for (const one of others()) one.send(data as Buffer, { binary });
      });
    });
    expect(await explained(url, checkSocket(url, IMPATIENT))).toContain('to the other connections, but not back');
  });
});

describe('the check of an event stream server', () => {
  it('lets pass every faulty and every unusual agent of the self-test', async () => {
    const agents = [
      ...STREAM_FAULTS.map(([fault, changes]) => [fault, changes] as const),
      ...RIGHT_STREAM_SERVERS.map(([habit, changes]) => [habit, changes] as const),
    ];
    const stopped = await Promise.all(
      agents.map(async ([habit, changes]) => {
        const { obstacle } = await withStreamAgent(changes, (url) => checkStreamServer(url, BRIEF));
        return obstacle === undefined ? [] : [habit];
      }),
    );
    expect(stopped.flat()).toEqual([]);
  });

  it('lets pass a stream with a wrong Content-Type, and one that has not begun', async () => {
    for (const begin of ['data: a\n\n', ':\n', '\ufeffretry: 1\n', '']) {
      const url = await serve(
        (_, response) => void response.writeHead(200, { 'Content-Type': 'text/plain' }).write(begin),
      );
      expect(await checkStreamServer(url, begin === '' ? IMPATIENT : OPTIONS)).toEqual({});
    }
    const url = await serve((request, response) => void EventStream.open(request, response));
    expect(await checkStreamServer(url, OPTIONS)).toEqual({});
  });

  it.each([
    ['an unknown path', 404, {}, '', /received the status 404 .*no event stream at this path\. Check.* \/events\.$/],
    [
      'a page',
      200,
      { 'Content-Type': 'text/html' },
      '<style>\n:root {}',
      /Content-Type text\/html\. This is a web page\. Check/,
    ],
    ['JSON', 200, { 'Content-Type': 'application/json' }, '{"data":1}', /This is no event stream\. Check the path/],
    ['a WebSocket', 426, {}, '', /expects a WebSocket here\. The URL must begin with ws: or wss:\./],
    ['missing credentials', 401, {}, '', /Use --header "Authorization: \.\.\." or --header "Cookie: \.\.\."\.$/],
    ['a redirect', 302, { Location: '/b' }, '', /redirects to http:\/\/127\.0\.0\.1:\d+\/b\. Use that URL/],
    [
      'no content',
      204,
      {},
      '',
      /received the status 204 with no Content-Type\. The server tells clients not to reconnect\./,
    ],
  ] as const)('stops the run, and says what to do, for %s', async (_, status, headers, content, expected) => {
    const url = (await sendResponse(status, headers, content)).replace('ws:', 'http:');
    expect(await explained(url, checkStreamServer(url, OPTIONS))).toMatch(expected);
  });
});

/** Starts a server that answers each request in this way, also one for an upgrade. */
async function sendResponse(
  status: number,
  headers: Readonly<Record<string, string>>,
  content: string,
): Promise<string> {
  const server = createHttpServer((_, response) => void response.writeHead(status, headers).end(content));
  server.on('upgrade', (_, socket) => {
    const lines = Object.entries({ ...headers, 'Content-Length': `${content.length}` }).map((pair) => pair.join(': '));
    socket.end([`HTTP/1.1 ${status} x`, ...lines, '', content].join('\r\n'));
  });
  const port = await listen(server);
  onTestFinished(() => server.closeAllConnections());
  return `ws://127.0.0.1:${port}/`;
}
