import { randomBytes } from 'node:crypto';
import { constants, deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { Window } from '../../../src/websocket/wire/deflate/window.ts';
import { Violation } from '../../../src/websocket/wire/violation.ts';
import {
  type InflateResult,
  type JoinResult,
  maxFinalBlocks,
  ZlibInflation,
} from '../../../src/websocket/wire/zlib-inflation.ts';

/** Joins a result as soon as it is there. */
function joined(resolve: (result: InflateResult) => void): (result: InflateResult | JoinResult) => void {
  return (result) => resolve(typeof result === 'function' ? result() : result);
}

const goOn = (): boolean => true;
const proceed = (resume: () => void): void => resume();

/** The result of run(), which must be that of runLater(). */
async function inflateBothWays(message: Buffer, maxBytes = 1000, before = Buffer.alloc(0)): Promise<InflateResult> {
  const window = new Window(32_768);
  window.append(before);
  const result = new ZlibInflation(message, maxBytes, window).run();
  const later = await new Promise<InflateResult>((resolve) =>
    new ZlibInflation(message, maxBytes, window).runLater(joined(resolve), goOn, proceed),
  );
  expect(String(later)).toBe(String(result));
  expect(window.toBytes()).toEqual(before);
  return result;
}

describe('ZlibInflation', () => {
  it('inflates a message in one stream or in several, with references to previous messages', async () => {
    const before = Buffer.from('previous message, ');
    const dictionary = Buffer.concat([before, Buffer.from('Hello')]);
    const rest = deflateRawSync(Buffer.from('previous message, Hello'), { dictionary });
    const message = Buffer.concat([deflateRawSync(Buffer.from('Hello')), rest]);
    expect(String(await inflateBothWays(message, 1000, before))).toBe('Helloprevious message, Hello');
    const flushed = deflateRawSync(Buffer.from('one stream'), { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
    expect(String(await inflateBothWays(flushed))).toBe('one stream');
    const three = Buffer.concat([message, deflateRawSync(Buffer.from('!'))]);
    expect(String(await inflateBothWays(three, 1000, before))).toBe('Helloprevious message, Hello!');
    expect(await inflateBothWays(message)).toBe(Violation.INVALID_DEFLATE);
  });

  it('fails for data that is not DEFLATE, and for too many blocks with BFINAL', async () => {
    expect(await inflateBothWays(Buffer.from('ffffffff', 'hex'))).toBe(Violation.INVALID_DEFLATE);
    const final = Buffer.from('0300', 'hex');
    expect(String(await inflateBothWays(Buffer.alloc(8, final)))).toBe('');
    expect(await inflateBothWays(Buffer.alloc(10, final))).toBe(Violation.TOO_MANY_FINAL_BLOCKS);
    expect([0, 1023, 1024, 10_240].map(maxFinalBlocks)).toEqual([4, 4, 5, 14]);
  });

  it('stops at the limit, in one stream and in several', async () => {
    expect(await inflateBothWays(deflateRawSync(Buffer.alloc(1000)))).toHaveLength(1000);
    expect(await inflateBothWays(deflateRawSync(Buffer.alloc(1001)))).toBe(Violation.MESSAGE_TOO_LONG);
    const parts = Buffer.concat([deflateRawSync(Buffer.alloc(1000)), deflateRawSync(Buffer.alloc(1))]);
    expect(await inflateBothWays(parts)).toBe(Violation.MESSAGE_TOO_LONG);
  });

  it('stops after each MiB of a large result until it may resume, so that others can go first', async () => {
    const payload = Buffer.alloc(5 * 2 ** 20, 'x');
    const slices: number[] = [];
    let held = 0;
    const result = await new Promise<InflateResult>((resolve) =>
      new ZlibInflation(deflateRawSync(payload), 2 ** 24, new Window(8)).runLater(
        joined(resolve),
        (heldBytes) => {
          held = heldBytes;
          return true;
        },
        (resume) => {
          slices.push(held);
          setImmediate(() =>
            setImmediate(() => {
              // Nothing was inflated meanwhile.
              expect(held).toBe(slices.at(-1));
              resume();
            }),
          );
        },
      ),
    );
    expect(result).toHaveLength(payload.length);
    expect(slices.length).toBeGreaterThanOrEqual(4);
    expect(slices.length).toBeLessThanOrEqual(6);
  });

  it('reports what a message takes while it is inflated on threads, and stops when it is not needed any more', async () => {
    const message = deflateRawSync(Buffer.alloc(1024 * 1024));
    const inflateLater = async (onProgress: (heldBytes: number) => boolean): Promise<InflateResult> =>
      new Promise((resolve) =>
        new ZlibInflation(message, 2 ** 21, new Window(8)).runLater(joined(resolve), onProgress, proceed),
      );
    const held: number[] = [];
    const whole = await inflateLater((heldBytes) => held.push(heldBytes) > 0);
    expect(whole).toHaveLength(1024 * 1024);
    expect(held).toEqual([...held].sort((a, b) => a - b));
    expect(held.at(-1)).toBeGreaterThanOrEqual(1024 * 1024);
    expect(held.length).toBeGreaterThan(10);
    expect(await inflateLater(() => false)).toHaveLength(0);
    let calls = 0;
    expect(await inflateLater(() => ++calls < 3)).toHaveLength(0);
    expect(calls).toBe(3);
  });

  it('does not keep a large chunk for the few bytes of each of many streams', async () => {
    // Each stream could fill a chunk of 64 KiB.
    const stream = deflateRawSync(randomBytes(1100));
    const message = Buffer.alloc(stream.length * 40, stream);
    let most = 0;
    const result = await new Promise<InflateResult>((resolve) =>
      new ZlibInflation(message, 2 ** 20, new Window(8)).runLater(
        joined(resolve),
        (heldBytes) => {
          most = heldBytes;
          return true;
        },
        proceed,
      ),
    );
    expect([(result as Buffer).length, most < 64 * 1024 + 4 * message.length]).toEqual([1100 * 40, true]);
  });

  it('inflates no more of a decompression bomb than the limit', () => {
    const bomb = deflateRawSync(Buffer.alloc(256 * 1024 * 1024));
    const before = process.memoryUsage().rss;
    expect(new ZlibInflation(bomb, 1024 * 1024, new Window(8)).run()).toBe(Violation.MESSAGE_TOO_LONG);
    expect(process.memoryUsage().rss - before).toBeLessThan(32 * 1024 * 1024);
  });
});
