/** The clients of the measurement, in a process of their own. */
import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { EventSource, WebSocket } from 'pushwire';
import { now } from '../clock.ts';
import { messageId, messageText } from '../message.ts';
import { answerCalls } from './calls.ts';
import {
  type ClientChannel,
  Http2Connection,
  openChannel,
  openEventStream,
  openWebSocket,
  post,
  type WebSocketChannel,
} from './client-channel.ts';
import type {
  ClientExchange,
  ClientOperations,
  CrowdOptions,
  ExchangeOptions,
  Received,
  RecoveryOptions,
  SetUp,
  SetUpOptions,
  Target,
  Upload,
  UploadOptions,
} from './client-operations.ts';
import { stampedAgent } from './timed-agent.ts';

// The set-up of connections.

/** Milliseconds in which a server's tickets for the next TLS session arrive. */
const TICKET_TIME = 5;
/** Milliseconds in which a connection is closed, so that the next one is opened in peace, and by a process that has slept. */
const CLOSE_TIME = 5;

async function measureSetUp(options: SetUpOptions): Promise<SetUp[]> {
  if (options.httpVersion === '2') return measureHttp2SetUp(options);
  const { count, again } = options;
  const connection = stampedAgent(options, false);
  if (again) {
    const first = await openChannel(options, connection);
    await delay(TICKET_TIME);
    await first.close();
  }
  const setUps: SetUp[] = [];
  while (setUps.length < count) {
    // A new agent has no session to resume.
    const used = again ? connection : stampedAgent(options, false);
    const channel = await openChannel(options, used);
    setUps.push(channel.setUp);
    if (again && !used.stamps.resumed) throw new Error('The TLS session was not resumed');
    // The ticket of this session is for the next one.
    await delay(TICKET_TIME);
    await channel.close();
    await delay(CLOSE_TIME);
  }
  return setUps;
}

async function measureHttp2SetUp(options: SetUpOptions): Promise<SetUp[]> {
  const setUps: SetUp[] = [];
  let connection = new Http2Connection(options);
  if (options.again) await (await connection.openEventStream(options, false)).close();
  while (setUps.length < options.count) {
    const channel = await connection.openEventStream(options, options.again);
    setUps.push(channel.setUp);
    await delay(TICKET_TIME);
    await channel.close();
    if (!options.again) connection.session.destroy();
    await delay(CLOSE_TIME);
    if (!options.again) connection = new Http2Connection(options);
  }
  connection.session.destroy();
  return setUps;
}

// Connections that stay.

const channels: ClientChannel[] = [];
let received: Received[] = [];
let awaited = { count: 0, resolve: (): void => {} };

async function connect(target: Target): Promise<void> {
  const { technique } = target;
  const channel = await openChannel(target);
  channels.push(channel);
  channel.onMessage = (text) => {
    received.push({ id: messageId(text), technique, time: now() });
    if (received.length === awaited.count) awaited.resolve();
  };
}

async function takeReceived(count: number): Promise<Received[]> {
  if (received.length < count) {
    await new Promise<void>((resolve) => {
      awaited = { count, resolve };
    });
  }
  const taken = received;
  received = [];
  return taken;
}

// Exchanges.

const EXCHANGE_BYTES = 64;

async function exchange(options: ExchangeOptions, id: number): Promise<ClientExchange> {
  if (options.technique === 'websocket') return exchangeByWebSocket(options, id);
  return options.httpVersion === '2' ? exchangeByHttp2(options, id) : exchangeByRequest(options, id);
}

async function exchangeByWebSocket(options: ExchangeOptions, id: number): Promise<ClientExchange> {
  const channel = await openWebSocket(options);
  const answer = messageTime(channel);
  const sent = now();
  channel.send(messageText(id, EXCHANGE_BYTES));
  const times = { id, start: channel.start, opened: channel.opened, sent, secondConnection: 0, received: await answer };
  void channel.close();
  return times;
}

async function exchangeByRequest(options: ExchangeOptions, id: number): Promise<ClientExchange> {
  const { url, keepsConnection = false } = options;
  const requests = stampedAgent(options, keepsConnection);
  if (keepsConnection) await post(url, requests, messageText(id, EXCHANGE_BYTES));
  const named = `${url}?stream=${id}`;
  const channel = await openEventStream({ ...options, url: named });
  const answer = messageTime(channel);
  const sent = now();
  const answered = await post(named, requests, messageText(id, EXCHANGE_BYTES));
  const { stamps } = requests;
  const secondConnection = keepsConnection ? 0 : stamps.secured - stamps.start;
  const { start, opened } = channel;
  const times = { id, start, opened, sent, secondConnection, answered, received: await answer };
  void channel.close();
  requests.agent.destroy();
  return times;
}

async function exchangeByHttp2(options: ExchangeOptions, id: number): Promise<ClientExchange> {
  const connection = new Http2Connection(options);
  const { pathname } = new URL(options.url);
  const path = `${pathname}?stream=${id}`;
  const channel = await connection.openEventStream({ ...options, url: `${options.url}?stream=${id}` }, false);
  const answer = messageTime(channel);
  const sent = now();
  const answered = await connection.post(path, messageText(id, EXCHANGE_BYTES));
  const { start, opened } = channel;
  const times = { id, start, opened, sent, secondConnection: 0, answered, received: await answer };
  connection.session.destroy();
  return times;
}

function messageTime(channel: ClientChannel): Promise<number> {
  return new Promise((resolve) => {
    channel.onMessage = () => resolve(now());
  });
}

// What clients send.

async function upload(options: UploadOptions): Promise<Upload> {
  const before = process.cpuUsage();
  const sent: number[] = [];
  await (options.technique === 'websocket' ? sendFrames(options, sent) : sendRequests(options, sent));
  const { user, system } = process.cpuUsage(before);
  return { sent, cpu: (user + system) / 1000 };
}

let uploadSocket: WebSocketChannel | undefined;

/** All at once, as nothing has to be waited for; or, one in flight, with an answer in between. */
async function sendFrames(options: UploadOptions, sent: number[]): Promise<void> {
  const channel = await openWebSocket(options);
  uploadSocket = channel;
  while (sent.length < options.count) {
    const answer = options.inFlight === 1 ? messageTime(channel) : undefined;
    const text = messageText(sent.length, options.bytes);
    sent.push(now());
    channel.send(text);
    await answer;
  }
}

/** By `fetch`, as a page does it, over connections that are kept. */
async function sendRequests({ url, count, bytes, inFlight }: UploadOptions, sent: number[]): Promise<void> {
  const send = async (): Promise<void> => {
    while (sent.length < count) {
      const body = messageText(sent.length, bytes);
      sent.push(now());
      const response = await fetch(url, { method: 'POST', body });
      await response.arrayBuffer();
    }
  };
  await Promise.all(Array.from({ length: inFlight }, send));
}

// Many connections.

interface Member {
  readonly socket: Socket;
  /** Since it was asked last. */
  bytes: number;
}

let crowd: Member[] = [];
let crowdTimes: number[] = [];
let crowdWaits: { readonly bytes: number; readonly resolve: () => void } | undefined;

/** Connections that are being opened at once. */
const OPENING = 100;

const CROWD_REQUESTS: Readonly<Record<CrowdOptions['technique'], string>> = {
  websocket:
    'GET /crowd HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
  'event-stream': 'GET /crowd HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n',
};

async function gather({ technique, port, count }: CrowdOptions): Promise<void> {
  let left = count;
  const open = async (): Promise<void> => {
    while (left-- > 0) {
      const member: Member = { socket: connectTcp(port, '127.0.0.1'), bytes: 0 };
      member.socket.write(CROWD_REQUESTS[technique]);
      crowd.push(member);
      // The head of the response.
      await once(member.socket, 'data');
      member.socket.on('data', (chunk: Buffer) => takeCrowd(member, chunk.length));
      member.socket.on('error', () => {});
    }
  };
  await Promise.all(Array.from({ length: OPENING }, open));
}

function takeCrowd(member: Member, bytes: number): void {
  const before = member.bytes;
  member.bytes += bytes;
  if (crowdWaits === undefined || before >= crowdWaits.bytes || member.bytes < crowdWaits.bytes) return;
  crowdTimes.push(now());
  if (crowdTimes.length === crowd.length) crowdWaits.resolve();
}

async function awaitCrowd(bytes: number): Promise<number[]> {
  for (const member of crowd) member.bytes = 0;
  crowdTimes = [];
  await new Promise<void>((resolve) => {
    crowdWaits = { bytes, resolve };
  });
  return crowdTimes;
}

// Recovery.

interface Recovering {
  noticed: number;
  reopened: number;
  readonly received: Received[];
  close(): void;
}

const recovering = new Map<string, Recovering>();

async function beginRecovery({ url, retry }: RecoveryOptions): Promise<void> {
  await Promise.all([recoverBySocket(url, false), recoverBySocket(url, true), recoverByStream(url, retry)]);
}

/** An application that opens a lost WebSocket again; and one that says what it has had, too. */
function recoverBySocket(url: string, says: boolean): Promise<void> {
  const name = says ? 'WebSocket, hand-made resume' : 'WebSocket, reconnected';
  return new Promise((resolve) => {
    let current: WebSocket;
    const state: Recovering = { noticed: 0, reopened: 0, received: [], close: () => current.terminate() };
    recovering.set(name, state);
    const open = (): void => {
      current = new WebSocket(url.replace(/^http/, 'ws'), { perMessageDeflate: false });
      current.on('error', () => {});
      current.on('open', () => {
        if (state.noticed !== 0) state.reopened = now();
        current.send(says ? String(state.received.at(-1)?.id ?? '') : '');
      });
      current.on('message', (data) => {
        state.received.push({ id: messageId(String(data)), technique: 'websocket', time: now() });
        resolve();
      });
      current.on('close', () => {
        if (!recovering.has(name)) return;
        state.noticed = now();
        open();
      });
    };
    open();
  });
}

function recoverByStream(url: string, retry: number): Promise<void> {
  return new Promise((resolve) => {
    const source = new EventSource(`${url}?retry=${retry}`);
    const state: Recovering = { noticed: 0, reopened: 0, received: [], close: () => source.close() };
    recovering.set('event stream', state);
    source.onopen = () => {
      if (state.noticed !== 0) state.reopened = now();
    };
    source.onerror = () => {
      if (state.noticed === 0) state.noticed = now();
    };
    source.onmessage = ({ data }) => {
      state.received.push({ id: messageId(data), technique: 'event-stream', time: now() });
      resolve();
    };
  });
}

answerCalls<ClientOperations>({
  measureSetUp,
  connect,
  async disconnect() {
    const closing = uploadSocket === undefined ? channels : [...channels, uploadSocket];
    await Promise.all(closing.map((channel) => channel.close()));
    channels.length = 0;
    uploadSocket = undefined;
  },
  takeReceived,
  exchange: (options) =>
    Promise.all(Array.from({ length: options.count }, (_, index) => exchange(options, options.firstId + index))),
  upload,
  gather,
  awaitCrowd,
  dismissCrowd() {
    for (const { socket } of crowd) socket.destroy();
    crowd = [];
  },
  beginRecovery,
  takeRecovery() {
    const taken = [...recovering];
    recovering.clear();
    for (const [, { close }] of taken) close();
    return Object.fromEntries(
      taken.map(([name, { noticed, reopened, received: events }]) => [name, { noticed, reopened, received: events }]),
    );
  },
});
