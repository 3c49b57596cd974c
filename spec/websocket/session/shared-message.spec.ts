import { expect, it } from 'vitest';
import type { Compression } from '../../../src/websocket/session/compression.ts';
import { SharedMessage } from '../../../src/websocket/session/shared-message.ts';

type Done = (error: Error | null, compressed: Uint8Array) => void;

/** A connection whose messages are compressed when the test calls `jobs`: one at a time. */
function recordedCompression(): { compression: Compression; jobs: Done[] } {
  const jobs: Done[] = [];
  const deflater = {
    windowBits: 15,
    withoutContext: () => ({ deflateLater: (_payload: Buffer, _last: boolean, done: Done) => void jobs.push(done) }),
  };
  return { compression: { deflater, concurrencyLimit: 1, queuePosition: 0 } as unknown as Compression, jobs };
}

function largeMessage(): SharedMessage {
  return new SharedMessage(Buffer.alloc(20_000), true, true, true);
}

it('a message that could not be compressed is compressed again for the next connection', () => {
  const { compression, jobs } = recordedCompression();
  const message = largeMessage();
  const results: string[] = [];
  const compress = (name: string) =>
    message.compressLater(compression, (error) => void results.push(`${name}: ${error?.message ?? 'done'}`));
  compress('first');
  compress('second');
  jobs.shift()!(new Error('out of memory'), Buffer.alloc(0));
  expect(results).toEqual(['first: out of memory', 'second: out of memory']);
  compress('third');
  jobs.shift()!(null, Buffer.of(0));
  expect(results.slice(2)).toEqual(['third: done']);
  expect(jobs).toEqual([]);
});

it('a message is not compressed if all connections that wait for a thread have closed', () => {
  const { compression, jobs } = recordedCompression();
  largeMessage().compressLater(compression, () => {});
  const message = largeMessage();
  const never = (): void => expect.unreachable();
  const cancels = [message.compressLater(compression, never), message.compressLater(compression, never)];
  for (const cancel of cancels) cancel();
  jobs.shift()!(null, Buffer.of(0));
  expect(jobs).toEqual([]);
});

it('a message is compressed for the connections that have not closed, and for those that come later', () => {
  const { compression, jobs } = recordedCompression();
  largeMessage().compressLater(compression, () => {});
  const message = largeMessage();
  const results: string[] = [];
  const compress = (name: string) => message.compressLater(compression, () => void results.push(name));
  compress('closed at once')();
  const cancel = compress('closed');
  compress('open');
  cancel();
  jobs.shift()!(null, Buffer.of(0));
  jobs.shift()!(null, Buffer.of(0));
  expect(results).toEqual(['open']);
  expect(jobs).toEqual([]);
});

it('a message that is being compressed is compressed to the end, for those that come later', () => {
  const { compression, jobs } = recordedCompression();
  const message = largeMessage();
  message.compressLater(compression, () => expect.unreachable())();
  let calls = 0;
  message.compressLater(compression, () => calls++);
  expect(jobs.length).toBe(1);
  jobs.shift()!(null, Buffer.of(0));
  expect(calls).toBe(1);
});
