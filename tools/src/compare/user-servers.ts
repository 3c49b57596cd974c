import { setTimeout as delay } from 'node:timers/promises';
import { type ClientChannel, openChannel, type WebSocketChannel } from './processes/client-channel.ts';
import type { Target } from './processes/client-operations.ts';
import { Sheet } from './result-table.ts';
import type { SceneReport } from './run-scenes.ts';
import type { Scene } from './scenes/scene.ts';
import { tailOf } from './statistics.ts';
import { TECHNIQUES, type Technique, TITLES } from './technique.ts';

/** Servers that are not ours, of which only the clients' side is seen. */
export interface OwnServers {
  /** ws: or wss:. */
  readonly websocket: string;
  /** http: or https:. */
  readonly eventStream: string;
  readonly access: Pick<Target, 'ca' | 'headers' | 'insecure'>;
  /** How often each connection is opened. */
  readonly rounds: number;
  /** For which the two are listened to. */
  readonly seconds: number;
  readonly onProgress?: (done: number, all: number, what: string) => void;
  readonly signal?: AbortSignal;
}

/** Milliseconds in which a connection must be open, and an answer must come. */
const PATIENCE = 10_000;
const ECHOES = 20;
const COMPARISONS = 8;
/** Milliseconds in which a server that answers at all does so for the first time. */
const ANSWER_TIME = 1_000;

/** What the client can tell of servers that it knows nothing of. @throws if one of them is not reached */
export async function measureOwnServers(servers: OwnServers): Promise<SceneReport[]> {
  const { onProgress } = servers;
  onProgress?.(0, 3, 'set-up');
  const setUp = await measureSetUp(servers);
  onProgress?.(1, 3, 'echo');
  const echo = await measureEcho(servers);
  onProgress?.(2, 3, 'events');
  return [setUp, echo, await measureEvents(servers)];
}

function targetOf({ websocket, eventStream, access }: OwnServers, technique: Technique): Target {
  const url = technique === 'websocket' ? websocket.replace(/^ws/i, 'http') : eventStream;
  return { ...access, technique, url, timeout: PATIENCE, anyType: true };
}

function open(servers: OwnServers, technique: Technique): Promise<ClientChannel> {
  servers.signal?.throwIfAborted();
  return openChannel(targetOf(servers, technique));
}

async function measureSetUp(servers: OwnServers): Promise<SceneReport> {
  const sheet = new Sheet();
  // Once before, so that no code runs for the first time.
  for (const technique of TECHNIQUES) await (await open(servers, technique)).close();
  for (let round = 0; round < servers.rounds; round++) {
    for (const technique of TECHNIQUES) {
      const { setUp, close } = await open(servers, technique);
      await close();
      const { TCP, TLS, HTTP, C } = setUp;
      sheet.add('set-up', TITLES[technique], { 'TCP (ms)': TCP, 'TLS (ms)': TLS, 'HTTP (ms)': HTTP, 'C (ms)': C });
    }
  }
  return reportOf(sheet, {
    name: 'own-set-up',
    title: 'Connection set-up: C',
    text: 'From before the first SYN until the application may send; names are looked up before. Each connection is a round.',
    chart: { kind: 'stack', columns: ['TCP (ms)', 'TLS (ms)', 'HTTP (ms)'] },
  });
}

async function measureEcho(servers: OwnServers): Promise<SceneReport> {
  const sheet = new Sheet();
  const channel = (await open(servers, 'websocket')) as WebSocketChannel;
  const times: number[] = [];
  for (let index = 0; index < ECHOES; index++) {
    servers.signal?.throwIfAborted();
    const text = `pushwire compare, message ${index}`;
    const sent = now();
    const came = nextMessage(channel, (message) => message === text, index === 0 ? ANSWER_TIME : PATIENCE);
    channel.send(text);
    if (!(await came)) break;
    times.push(now() - sent);
  }
  const { p50 } = times.length === 0 ? {} : tailOf(times);
  sheet.add('round trip', TITLES.websocket, {
    'p50 (ms)': p50 ?? 'the server does not echo',
    'slowest (ms)': p50 === undefined ? undefined : Math.max(...times),
  });
  const offset = await compareClocks(channel);
  sheet.add('clocks', TITLES.websocket, {
    'server ahead (ms)': offset?.offset ?? 'not known',
    'give or take (ms)': offset?.error,
  });
  await channel.close();
  return reportOf(sheet, {
    name: 'own-echo',
    title: 'There and back, and the two clocks',
    text: `${ECHOES} messages, one after another, if the server echoes. If it answers {"type":"clock"} with {"type":"clock","time":T}, T in milliseconds since 1970, its clock is compared with this one: both ways are taken to be equally long, so that the error is half of the quickest round trip at the most.`,
    chart: { kind: 'bars', columns: ['p50 (ms)'] },
  });
}

async function measureEvents(servers: OwnServers): Promise<SceneReport> {
  const sheet = new Sheet();
  const times = { websocket: new Map<string, number>(), 'event-stream': new Map<string, number>() };
  const delays: Record<Technique, number[]> = { websocket: [], 'event-stream': [] };
  const counts: Record<Technique, number> = { websocket: 0, 'event-stream': 0 };
  const channels = await Promise.all(TECHNIQUES.map((technique) => open(servers, technique)));
  const offset = await compareClocks(channels[0] as WebSocketChannel);
  for (const [index, technique] of TECHNIQUES.entries()) {
    channels[index]!.onMessage = (text) => {
      const received = now();
      counts[technique]++;
      const { key, sentAt } = describe(text);
      times[technique].set(key, received);
      if (sentAt !== undefined) delays[technique].push(received + (offset?.offset ?? 0) - sentAt);
    };
  }
  await delay(servers.seconds * 1000, undefined, servers.signal === undefined ? {} : { signal: servers.signal });
  await Promise.all(channels.map((channel) => channel.close()));

  for (const technique of TECHNIQUES) {
    const own = delays[technique];
    const { p50, p99 } = own.length === 0 ? {} : tailOf(own);
    sheet.add('messages', TITLES[technique], {
      'received (messages)': counts[technique],
      'P + R, p50 (ms)': p50 ?? 'they do not say when they were sent',
      'P + R, p99 (ms)': p99,
    });
  }
  const both = [...times.websocket].filter(([key]) => times['event-stream'].has(key));
  const later = both.map(([key, time]) => times['event-stream'].get(key)! - time).sort((one, other) => one - other);
  sheet.add('the same by both', 'event stream after WebSocket', {
    'received (messages)': both.length,
    'later, p50 (ms)': later.length === 0 ? undefined : tailOf(later).p50,
    'later, lowest (ms)': later[0],
    'later, highest (ms)': later.at(-1),
  });
  return reportOf(sheet, {
    name: 'own-events',
    title: 'What the servers push: P + R',
    text: `Both are listened to for ${servers.seconds} s. A message that is JSON with a number sentAt, in milliseconds since 1970, says when it was sent; if the clocks were compared, that is taken into account. Messages with the same text, or with the same number, come by both: how much later one is than the other needs no clock of the server.`,
    chart: { kind: 'bars', columns: ['P + R, p50 (ms)'] },
  });
}

function reportOf(sheet: Sheet, scene: Pick<Scene, 'name' | 'title' | 'text' | 'chart'>): SceneReport {
  return { ...scene, ...sheet.result(), exchanges: [] };
}

/** What tells that two messages are one, and when it was sent. */
function describe(text: string): { key: string; sentAt?: number } {
  try {
    const { number, sentAt } = JSON.parse(text) as { number?: unknown; sentAt?: unknown };
    return {
      key: typeof number === 'number' ? `number ${number}` : text,
      ...(typeof sentAt === 'number' ? { sentAt } : {}),
    };
  } catch {
    return { key: text };
  }
}

/** Resolves with whether a message that fits comes in time. */
function nextMessage(channel: ClientChannel, fits: (text: string) => boolean, time: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, time, false);
    channel.onMessage = (text) => {
      if (!fits(text)) return;
      clearTimeout(timer);
      resolve(true);
    };
  });
}

/**
 * How far the server's clock is ahead of this one, by the quickest of several round trips, in milliseconds; undefined if it
 * does not tell its time.
 */
async function compareClocks(
  channel: WebSocketChannel,
): Promise<{ readonly offset: number; readonly error: number } | undefined> {
  let best: { offset: number; error: number } | undefined;
  for (let index = 0; index < COMPARISONS; index++) {
    let time: unknown;
    const asked = now();
    const isClock = (text: string): boolean => {
      time = clockIn(text);
      return typeof time === 'number';
    };
    const came = nextMessage(channel, isClock, ANSWER_TIME);
    channel.send('{"type":"clock"}');
    if (!(await came)) return undefined;
    const answered = now();
    const error = (answered - asked) / 2;
    if (best === undefined || error < best.error) best = { offset: (time as number) - (asked + answered) / 2, error };
  }
  return best;
}

/** Milliseconds since 1970, finer than `Date.now()`. */
function now(): number {
  return performance.timeOrigin + performance.now();
}

function clockIn(text: string): unknown {
  try {
    const message = JSON.parse(text);
    return message?.type === 'clock' ? message.time : undefined;
  } catch {
    return undefined;
  }
}
