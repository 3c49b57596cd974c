/** Connections that stay open, and the messages that they receive. */
import { now } from '../../clock.ts';
import { messageId } from '../../message.ts';
import type { Received, Target } from '../client-operations.ts';
import { type ClientChannel, openChannel } from './client-channel.ts';

const channels: ClientChannel[] = [];
let received: Received[] = [];
let awaited = { count: 0, resolve: (): void => {} };

export async function connect(target: Target): Promise<void> {
  const { technique } = target;
  const channel = await openChannel(target);
  channels.push(channel);
  channel.onMessage = (text) => {
    received.push({ id: messageId(text), technique, time: now() });
    if (received.length === awaited.count) awaited.resolve();
  };
}

export async function disconnect(): Promise<void> {
  await Promise.all(channels.map((channel) => channel.close()));
  channels.length = 0;
}

export async function takeReceived(count: number): Promise<Received[]> {
  if (received.length < count) {
    await new Promise<void>((resolve) => {
      awaited = { count, resolve };
    });
  }
  const taken = received;
  received = [];
  return taken;
}
