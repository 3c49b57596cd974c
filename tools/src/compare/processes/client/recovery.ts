/** Clients that recover from a broken connection. */
import { EventSource, WebSocket } from 'pushwire';
import { now } from '../../clock.ts';
import { messageId } from '../../message.ts';
import type { Received, Recovered, RecoveryOptions } from '../client-operations.ts';

interface Recovering {
  noticed: number;
  reopened: number;
  readonly received: Received[];
  close(): void;
}

const clients = new Map<string, Recovering>();

export async function beginRecovery({ url, retry }: RecoveryOptions): Promise<void> {
  await Promise.all([openWebSocket(url, false), openWebSocket(url, true), openEventSource(url, retry)]);
}

/** An application that reopens its WebSocket. @param resumes whether it also sends the ID of its last message */
function openWebSocket(url: string, resumes: boolean): Promise<void> {
  const name = resumes ? 'WebSocket, manual resume' : 'WebSocket, reconnected';
  return new Promise((resolve) => {
    let current: WebSocket;
    const client: Recovering = { noticed: 0, reopened: 0, received: [], close: () => current.terminate() };
    clients.set(name, client);
    const open = (): void => {
      current = new WebSocket(url.replace(/^http/, 'ws'), { perMessageDeflate: false });
      current.on('error', () => {});
      current.on('open', () => {
        if (client.noticed !== 0) client.reopened = now();
        current.send(resumes ? String(client.received.at(-1)?.id ?? '') : '');
      });
      current.on('message', (data) => {
        client.received.push({ id: messageId(String(data)), technique: 'websocket', time: now() });
        resolve();
      });
      current.on('close', () => {
        if (!clients.has(name)) return;
        client.noticed = now();
        open();
      });
    };
    open();
  });
}

function openEventSource(url: string, retry: number): Promise<void> {
  return new Promise((resolve) => {
    const source = new EventSource(`${url}?retry=${retry}`);
    const client: Recovering = { noticed: 0, reopened: 0, received: [], close: () => source.close() };
    clients.set('event stream', client);
    source.onopen = () => {
      if (client.noticed !== 0) client.reopened = now();
    };
    source.onerror = () => {
      if (client.noticed === 0) client.noticed = now();
    };
    source.onmessage = ({ data }) => {
      client.received.push({ id: messageId(data), technique: 'event-stream', time: now() });
      resolve();
    };
  });
}

export function takeRecovery(): Record<string, Recovered> {
  const taken = [...clients];
  clients.clear();
  for (const [, { close }] of taken) close();
  return Object.fromEntries(
    taken.map(([name, { noticed, reopened, received }]) => [name, { noticed, reopened, received }]),
  );
}
