/**
 * A process with a hub: event streams at /events, WebSockets at /socket, each with `?topics=a,b`. The parent sends commands to publish, and
 * receives what became of each event.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Hub, type HubEvent } from '../../../src/hub/index.ts';
import { EventStream } from '../../../src/sse/index.ts';
import { WebSocketServer } from '../../../src/websocket/index.ts';
import { type Access, openLog } from './open-log.ts';

/** What the parent asks for. */
export type Command =
  /** Publishes events one after the other, at a rate, with idempotency keys, until `stop`. An event whose outcome is unknown is published again. */
  { readonly publish: readonly string[]; readonly perSecond: number; readonly name: string } | 'stop' | 'shutdown';

/** What the parent receives. */
export type Report =
  | { readonly port: number }
  /** An event was confirmed. */
  | { readonly confirmed: string; readonly id: string }
  | { readonly refused: string; readonly code: string }
  | { readonly stopped: true; readonly metrics: unknown };

const [access, ports, keepsData] = process.argv.slice(2) as [Access, string, string];

const report = (message: Report): void => void process.send!(message);

const { log } = await openLog(access, ports.split(',').map(Number), keepsData === 'true');
const hub = new Hub<number>({ log, recent: { count: 200 } });

/** Both kinds of clients receive the topic, too. */
const encode = ({ topic, data }: HubEvent<number>): string => `${topic} ${data}`;

const topicsOf = ({ url }: IncomingMessage): string[] =>
  new URL(url!, 'http://localhost').searchParams.get('topics')!.split(',');

const server = createServer((request, response) => {
  const stream = EventStream.open(request, response, { retry: 20, heartbeat: 0 });
  hub.subscribe(stream, topicsOf(request), { encode });
});
const webSockets = new WebSocketServer({ server });
webSockets.on('connection', (socket, request) => {
  const lastEventId = new URL(request.url!, 'http://localhost').searchParams.get('lastEventId') ?? '';
  hub.subscribe(socket, topicsOf(request), { lastEventId });
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
report({ port: (server.address() as AddressInfo).port });

let timer: NodeJS.Timeout | undefined;
let pending = 0;
let number = 0;

async function publish(topic: string, name: string): Promise<void> {
  const data = ++number;
  const key = `${name}-${data}`;
  pending++;
  for (;;) {
    try {
      report({ confirmed: key, id: await hub.publish(topic, { data, idempotencyKey: key }) });
      break;
    } catch (error) {
      const { code } = error as { code: string };
      if (code !== 'HUB_ERR_OUTCOME_UNKNOWN' && code !== 'HUB_ERR_NOT_PUBLISHED') {
        report({ refused: key, code });
        break;
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  pending--;
}

process.on('message', async (command: Command) => {
  if (command === 'shutdown') {
    server.close();
    await hub.shutdown({ spread: 50, retry: 20 });
    process.exit(0);
  }
  if (command === 'stop') {
    clearInterval(timer);
    while (pending > 0) await new Promise((resolve) => setTimeout(resolve, 10));
    return report({ stopped: true, metrics: hub.metrics() });
  }
  const { publish: topics, perSecond, name } = command;
  const interval = 20;
  let due = 0;
  timer = setInterval(() => {
    for (due += (perSecond * interval) / 1000; due >= 1; due--) {
      void publish(topics[Math.floor(Math.random() * topics.length)]!, name);
    }
  }, interval);
});
// The parent has ended.
process.on('disconnect', () => process.exit());
