/** TLS of a client: the agent when it is redirected to another origin, and connections of the application. */
import { once } from 'node:events';
import type { Server as HttpServer } from 'node:http';
import { Agent, type AgentOptions, createServer } from 'node:https';
import type { Duplex } from 'node:stream';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { onTestFinished } from 'vitest';
import { selfSignedCertificate } from '../../support/certificate.ts';
import { listen } from '../../support/http-server.ts';
import { redirect } from './handshakes.ts';
import { type Twin, twins } from './twin.ts';

/** An agent that connects in its own way, as those for proxies do. */
class ConnectingAgent extends Agent {
  readonly connected: number[] = [];

  override createConnection(...parameters: Parameters<Agent['createConnection']>): Duplex | null | undefined {
    this.connected.push(parameters.length);
    return super.createConnection(...parameters);
  }
}

class PrivateAgent extends Agent {
  readonly #connected: number[] = [];

  override createConnection(...parameters: Parameters<Agent['createConnection']>): Duplex | null | undefined {
    this.#connected.push(parameters.length);
    return super.createConnection(...parameters);
  }
}

/** An agent that notes how often it is asked for a connection. */
class AskedAgent extends Agent {
  readonly asked: number[] = [];

  addRequest(...parameters: unknown[]): void {
    this.asked.push(parameters.length);
    (Agent.prototype as unknown as AskedAgent).addRequest.apply(this, parameters);
  }
}

/** How the handshake ends, whether each of the two servers received a certificate, and what the agent has noted. */
const redirected =
  (makeAgent: (options: AgentOptions) => Agent, withCertificate: boolean): Twin['record'] =>
  async (library) => {
    const identity = await selfSignedCertificate();
    const certificates: boolean[] = [];
    const note = (socket: TLSSocket): number => certificates.push(Object.keys(socket.getPeerCertificate()).length > 0);
    const secureServer = (): HttpServer => {
      const server = createServer({ ...identity, requestCert: true, rejectUnauthorized: false });
      return server.on('secureConnection', note) as unknown as HttpServer;
    };
    const webSockets = new library.WebSocketServer({ noServer: true });
    const target = secureServer().on('upgrade', (request, socket, head) => {
      webSockets.handleUpgrade(request, socket, head, (webSocket) => webSocket.close(4000));
    });
    const targetPort = await listen(target);
    const first = secureServer().on('upgrade', (_request, socket) => {
      socket.end(redirect(`wss://localhost:${targetPort}/`));
    });
    const agent = makeAgent({ ca: identity.cert, ...(withCertificate ? identity : {}) });
    const url = `wss://localhost:${await listen(first)}/`;
    const socket = new library.WebSocket(url, { followRedirects: true, agent });
    onTestFinished(() => socket.terminate());
    const errors: string[] = [];
    socket.on('error', (error) => errors.push(error.name));
    const code = await new Promise((resolve) => socket.on('close', resolve));
    const { connected, asked } = agent as Partial<ConnectingAgent & AskedAgent>;
    return { code, errors, certificates, connected, asked };
  };

const CERTIFICATE = 'an agent with a client certificate, at a redirect to another origin';

const AGENTS: Readonly<Record<string, (options: AgentOptions) => Agent>> = {
  'of node:https': (options) => new Agent(options),
  'that keeps connections': (options) => new Agent({ ...options, keepAlive: true }),
  'with maxSockets': (options) => new Agent({ ...options, maxSockets: 1 }),
  'with a way to connect of its own': (options) => new ConnectingAgent(options),
  'with a method addRequest()': (options) => new AskedAgent(options),
};

/** Without the second certificate, the rest is the same. */
const NOTED = {
  'of node:https': {},
  'that keeps connections': {},
  'with maxSockets': {},
  'with a way to connect of its own': { connected: [2, 2] },
  'with a method addRequest()': { asked: [2, 2] },
} as Readonly<Record<string, object>>;

twins('a redirect to another origin: an agent', [
  ...Object.entries(AGENTS).flatMap(([title, makeAgent]): Twin[] => [
    { title: `${title}, without a certificate`, record: redirected(makeAgent, false) },
    {
      title: `${title}, with a certificate`,
      record: redirected(makeAgent, true),
      differs: CERTIFICATE,
      here: { code: 4000, errors: [], certificates: [true, false], ...NOTED[title] },
    },
  ]),
  {
    title: 'whose class has private fields, without a certificate',
    record: redirected((options) => new PrivateAgent(options), false),
  },
  {
    title: 'whose class has private fields, with a certificate',
    record: redirected((options) => new PrivateAgent(options), true),
    differs: CERTIFICATE,
    here: { code: 1006, errors: ['TypeError'], certificates: [true] },
  },
]);

/** The server name that the client sends, with a `createConnection` that has a name of its own, or none. */
const serverNameOf =
  (own: ConnectionOptions): Twin['record'] =>
  async (library) => {
    const server = createServer(await selfSignedCertificate());
    const names: unknown[] = [];
    server.on('secureConnection', ({ servername }) => names.push(servername));
    const webSockets = new library.WebSocketServer({ server });
    onTestFinished(() => webSockets.close());
    const port = await listen(server as unknown as HttpServer);
    const createConnection = (options: ConnectionOptions): TLSSocket =>
      connect({ ...own, ...options, path: undefined, rejectUnauthorized: false });
    const socket = new library.WebSocket(`wss://127.0.0.1:${port}/`, {
      createConnection: createConnection as never,
    });
    await once(socket, 'open');
    socket.terminate();
    return names;
  };

twins('the server name of createConnection', [
  { title: 'of its own', record: serverNameOf({ servername: 'localhost' }) },
  { title: 'none', record: serverNameOf({}) },
]);
