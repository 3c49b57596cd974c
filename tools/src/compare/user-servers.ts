import { setTimeout as delay } from 'node:timers/promises';
import { wallClock } from './clock.ts';
import type { SceneReport } from './comparison-report.ts';
import { type ClientChannel, openChannel, type WebSocketChannel } from './processes/client/client-channel.ts';
import type { Target } from './processes/client-operations.ts';
import { TableBuilder } from './result-table.ts';
import type { Scene } from './scenes/scene.ts';
import { tailOf } from './statistics.ts';
import { TECHNIQUES, type Technique, TITLES } from './technique.ts';

/** The servers given with --websocket and --event-stream. Only the side of the client can be measured. */
export interface UserServers {
  /** ws: or wss:. */
  readonly websocket: string;
  /** http: or https:. */
  readonly eventStream: string;
  readonly access: Pick<Target, 'ca' | 'headers' | 'insecure'>;
  /** How many times to open each connection. */
  readonly rounds: number;
  /** How long to listen to the servers, in seconds. */
  readonly seconds: number;
  readonly onProgress?: (done: number, total: number, label: string) => void;
  readonly signal?: AbortSignal;
}

/** For opening a connection, and for each answer, in milliseconds. */
const RESPONSE_TIMEOUT = 10_000;
const ECHOES = 20;
const CLOCK_COMPARISONS = 8;
/** For the first answer, in milliseconds. A server that takes longer does not support the request. */
const FIRST_RESPONSE_TIMEOUT = 1_000;

/** Measures what a client sees of the user's servers. @throws if one of them can't be reached */
export async function measureUserServers(servers: UserServers): Promise<SceneReport[]> {
  const { onProgress } = servers;
  onProgress?.(0, 3, 'set-up');
  const setUp = await measureSetUp(servers);
  onProgress?.(1, 3, 'echo');
  const echo = await measureEcho(servers);
  onProgress?.(2, 3, 'events');
  return [setUp, echo, await measureEvents(servers)];
}

function targetOf({ websocket, eventStream, access }: UserServers, technique: Technique): Target {
  const url = technique === 'websocket' ? websocket.replace(/^ws/i, 'http') : eventStream;
  return { ...access, technique, url, timeout: RESPONSE_TIMEOUT, anyType: true };
}

function open(servers: UserServers, technique: Technique): Promise<ClientChannel> {
  servers.signal?.throwIfAborted();
  return openChannel(targetOf(servers, technique));
}

async function measureSetUp(servers: UserServers): Promise<SceneReport> {
  const table = new TableBuilder();
  // Warm up, so that all code is compiled.
  for (const technique of TECHNIQUES) await (await open(servers, technique)).close();
  for (let round = 0; round < servers.rounds; round++) {
    for (const technique of TECHNIQUES) {
      const { setUp, close } = await open(servers, technique);
      await close();
      const { TCP, TLS, HTTP, C } = setUp;
      table.add('set-up', TITLES[technique], { 'TCP (ms)': TCP, 'TLS (ms)': TLS, 'HTTP (ms)': HTTP, 'C (ms)': C });
    }
  }
  return reportOf(table, {
    name: 'own-set-up',
    title: 'Connection set-up: C',
    text: 'The time from the first SYN until the application can send, without the DNS lookup. Each connection is a round.',
    chart: { kind: 'stack', columns: ['TCP (ms)', 'TLS (ms)', 'HTTP (ms)'] },
  });
}

async function measureEcho(servers: UserServers): Promise<SceneReport> {
  const table = new TableBuilder();
  const channel = (await open(servers, 'websocket')) as WebSocketChannel;
  const times: number[] = [];
  for (let index = 0; index < ECHOES; index++) {
    servers.signal?.throwIfAborted();
    const text = `pushwire compare, message ${index}`;
    const sent = wallClock();
    const hasArrived = nextMessage(
      channel,
      (message) => message === text,
      index === 0 ? FIRST_RESPONSE_TIMEOUT : RESPONSE_TIMEOUT,
    );
    channel.send(text);
    if (!(await hasArrived)) break;
    times.push(wallClock() - sent);
  }
  const { p50 } = times.length === 0 ? {} : tailOf(times);
  table.add('round trip', TITLES.websocket, {
    'p50 (ms)': p50 ?? 'the server does not echo',
    'slowest (ms)': p50 === undefined ? undefined : Math.max(...times),
  });
  const offset = await compareClocks(channel);
  table.add('clocks', TITLES.websocket, {
    'server ahead (ms)': offset?.offset ?? 'unknown',
    'clock error (ms)': offset?.error,
  });
  await channel.close();
  return reportOf(table, {
    name: 'own-echo',
    title: 'Round trip and clocks',
    text: `${ECHOES} messages, one after another, if the server echoes them. If it answers {"type":"clock"} with {"type":"clock","time":T}, where T is in milliseconds since 1970, its clock is compared with the local one. This assumes that both directions take the same time, so the clock error is at most half of the fastest round trip.`,
    chart: { kind: 'bars', columns: ['p50 (ms)'] },
  });
}

async function measureEvents(servers: UserServers): Promise<SceneReport> {
  const table = new TableBuilder();
  const times = { websocket: new Map<string, number>(), 'event-stream': new Map<string, number>() };
  const delays: Record<Technique, number[]> = { websocket: [], 'event-stream': [] };
  const counts: Record<Technique, number> = { websocket: 0, 'event-stream': 0 };
  const channels = await Promise.all(TECHNIQUES.map((technique) => open(servers, technique)));
  const offset = await compareClocks(channels[0] as WebSocketChannel);
  for (const [index, technique] of TECHNIQUES.entries()) {
    channels[index]!.onMessage = (text) => {
      const received = wallClock();
      counts[technique]++;
      const { key, sentAt } = describe(text);
      times[technique].set(key, received);
      if (sentAt !== undefined) delays[technique].push(received + (offset?.offset ?? 0) - sentAt);
    };
  }
  await delay(servers.seconds * 1000, undefined, servers.signal === undefined ? {} : { signal: servers.signal });
  await Promise.all(channels.map((channel) => channel.close()));

  for (const technique of TECHNIQUES) {
    const { p50, p99 } = delays[technique].length === 0 ? {} : tailOf(delays[technique]);
    table.add('messages', TITLES[technique], {
      'received (messages)': counts[technique],
      'P + R, p50 (ms)': p50 ?? 'no sentAt in the messages',
      'P + R, p99 (ms)': p99,
    });
  }
  const both = [...times.websocket].filter(([key]) => times['event-stream'].has(key));
  const lags = both.map(([key, time]) => times['event-stream'].get(key)! - time).sort((one, other) => one - other);
  table.add('received by both', 'event stream after WebSocket', {
    'received (messages)': both.length,
    'delay, p50 (ms)': lags.length === 0 ? undefined : tailOf(lags).p50,
    'delay, lowest (ms)': lags[0],
    'delay, highest (ms)': lags.at(-1),
  });
  return reportOf(table, {
    name: 'own-events',
    title: 'Pushed messages: P + R',
    text: `All messages received in ${servers.seconds} s. If a message is JSON with a member sentAt (a number, in milliseconds since 1970), its delay is measured, corrected by the difference between the clocks if it is known. Messages with the same text, or with the same JSON member number, are treated as the same message. Their delay is measured without the clock of the server.`,
    chart: { kind: 'bars', columns: ['P + R, p50 (ms)'] },
  });
}

function reportOf(table: TableBuilder, scene: Pick<Scene, 'name' | 'title' | 'text' | 'chart'>): SceneReport {
  return { ...scene, ...table.build(), exchanges: [] };
}

/** A key that identifies the same message on both connections, and the time at which it was sent. */
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

/** Waits for a message that `matches`. Resolves with false after `timeout` milliseconds. */
function nextMessage(channel: ClientChannel, matches: (text: string) => boolean, timeout: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, timeout, false);
    channel.onMessage = (text) => {
      if (!matches(text)) return;
      clearTimeout(timer);
      resolve(true);
    };
  });
}

/**
 * How far the clock of the server is ahead of the local one, in milliseconds, by the fastest of several round trips.
 * Resolves with undefined if the server does not answer.
 */
async function compareClocks(
  channel: WebSocketChannel,
): Promise<{ readonly offset: number; readonly error: number } | undefined> {
  let best: { offset: number; error: number } | undefined;
  for (let index = 0; index < CLOCK_COMPARISONS; index++) {
    let time: unknown;
    const asked = wallClock();
    const isClock = (text: string): boolean => {
      time = clockIn(text);
      return typeof time === 'number';
    };
    const hasArrived = nextMessage(channel, isClock, FIRST_RESPONSE_TIMEOUT);
    channel.send('{"type":"clock"}');
    if (!(await hasArrived)) return undefined;
    const answered = wallClock();
    const error = (answered - asked) / 2;
    if (best === undefined || error < best.error) best = { offset: (time as number) - (asked + answered) / 2, error };
  }
  return best;
}

function clockIn(text: string): unknown {
  try {
    const message = JSON.parse(text);
    return message?.type === 'clock' ? message.time : undefined;
  } catch {
    return undefined;
  }
}
