import { expect, it } from 'vitest';
import type { Compression } from '../../../src/websocket/session/compression.ts';
import { SharedMessage } from '../../../src/websocket/session/shared-message.ts';

type Done = (error: Error | null, compressed: Uint8Array) => void;

it('a message that could not be compressed is compressed again for the next connection', () => {
  const jobs: Done[] = [];
  const deflater = {
    windowBits: 15,
    withoutContext: () => ({ deflateLater: (_payload: Buffer, _last: boolean, done: Done) => void jobs.push(done) }),
  };
  const compression = { deflater, concurrencyLimit: 1, queuePosition: 0 } as unknown as Compression;
  const message = new SharedMessage(Buffer.alloc(20_000), true, true, true);
  const results: string[] = [];
  const compress = (name: string): void =>
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
