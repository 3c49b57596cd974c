import { describe, expect, it } from 'vitest';
import { channelOf, readChannelMessage } from '../../../src/hub/redis/channel-message.ts';

const FIRST = { id: 'aa-7', epoch: 'aa', number: 7, topic: 'a', event: undefined, data: '1' };

describe('readChannelMessage()', () => {
  it('reads the entries of a message', () => {
    expect(readChannelMessage('6 7\0a\0\x001', 'aa')).toEqual({ before: 6, last: 7, entries: [FIRST] });
    expect(readChannelMessage('6 8\0a\0\x001\0b\0=n\x002', 'aa')).toEqual({
      before: 6,
      last: 8,
      entries: [FIRST, { id: 'aa-8', epoch: 'aa', number: 8, topic: 'b', event: 'n', data: '2' }],
    });
  });

  it('reads a message with a state: no entries', () => {
    expect(readChannelMessage('7 7', 'aa')).toEqual({ before: 7, last: 7, entries: [] });
  });

  it.each(['6 7', '6 8\0a\0\x001', '6 7\0a\0\x001\x002'])(
    'says that a message does not contain its entries: %j',
    (text) => {
      expect(readChannelMessage(text, 'aa')).toMatchObject({ before: 6, entries: null });
    },
  );

  it.each(['hello', '6', '6 x', '-1 7', '6 7 8', '7 6', ' ', '\0', '6 1e3', '6 99999999999999999'])(
    'ignores what no script has sent: %j',
    (text) => {
      expect(readChannelMessage(text, 'aa')).toBeUndefined();
    },
  );

  it('announces that the epoch is over', () => {
    expect(readChannelMessage('', 'aa')).toBeNull();
  });
});

describe('channelOf()', () => {
  it('is another channel for each epoch', () => {
    expect([channelOf('aa'), channelOf('bb')]).toEqual(['pushwire:aa', 'pushwire:bb']);
  });
});
