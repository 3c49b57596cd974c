import { describe, expect, it } from 'vitest';
import type { HubMessage } from '../../../src/hub/index.ts';

type Message = HubMessage<{ readonly price: number }>;

/** Reads all members first, as the sample of docs/hub.md does. */
function describeMessage(message: Message): string {
  const { id, topic, event, data, subscribed, unsubscribed, reason } = message;
  if (unsubscribed !== undefined) return `${unsubscribed} ${reason}`;
  if (subscribed !== undefined) return `${subscribed} after ${id}`;
  if (topic !== undefined) return `${topic}: ${data.price.toFixed(2)}`;
  if (event !== undefined) return `${event}, oldest ${data.oldestId}`;
  return `only ${id}`;
}

/** Compares members of the message itself. */
function describeMembers(message: Message): string {
  if (message.unsubscribed !== undefined) return `${message.unsubscribed} ${message.reason}`;
  if (message.subscribed !== undefined) return `${message.subscribed} after ${message.id}`;
  if (message.topic !== undefined) return `${message.topic}: ${message.data.price.toFixed(2)}`;
  if (message.event !== undefined) return `${message.event}, oldest ${message.data.oldestId}`;
  return `only ${message.id}`;
}

describe('The type HubMessage', () => {
  it.each<[Message, string]>([
    [{ id: 'a-1', topic: 'prices/1', data: { price: 5 } }, 'prices/1: 5.00'],
    [{ id: 'a-1', event: 'reset', data: { lastEventId: 'x', oldestId: 'a-0' } }, 'reset, oldest a-0'],
    [{ id: 'a-1' }, 'only a-1'],
    [{ subscribed: ['prices/*'], id: 'a-1' }, 'prices/* after a-1'],
    [{ unsubscribed: ['prices/*'], reason: 'revoked' }, 'prices/* revoked'],
  ])('tells which members a message has: %j', (message, text) => {
    expect(describeMessage(message)).toBe(text);
    expect(describeMembers(message)).toBe(text);
  });
});
