import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chunkContent, encodeTextChunk } from '../../../src/sse/server/http-chunk.ts';
import { PendingEvents } from '../../../src/sse/server/pending-events.ts';

function contentOf(pending: PendingEvents): string {
  let content = '';
  for (let chunk = pending.shift(); chunk !== undefined; chunk = pending.shift()) content += chunkContent(chunk);
  return content;
}

/** A chunk with this many bytes of content. */
function chunkOf(bytes: number, index = 0): Buffer {
  return encodeTextChunk(String.fromCharCode(97 + (index % 26)).repeat(bytes));
}

describe('The queue of an event stream', () => {
  it('joins small events: ten thousand of them cost about as much as their bytes', () => {
    const pending = new PendingEvents();
    for (let i = 0; i < 10_000; i++) pending.push(chunkOf(100, i));
    expect(pending.length).toBe(10_000);
    expect(pending.cost).toBeGreaterThanOrEqual(1_000_000);
    expect(pending.cost).toBeLessThan(1_300_000);
  });

  it('counts all memory that an event keeps alive, and copies a small view of a large chunk', () => {
    const pending = new PendingEvents();
    const chunk = Buffer.allocUnsafeSlow(1024 * 1024);
    pending.push(chunk.subarray(0, 600 * 1024));
    expect(pending.cost).toBeGreaterThan(1024 * 1024);
    pending.clear();
    pending.push(chunk.subarray(0, 100 * 1024));
    expect(pending.cost).toBeGreaterThan(100 * 1024);
    expect(pending.cost).toBeLessThan(110 * 1024);
    expect(pending.shift()!.buffer.byteLength).toBe(100 * 1024);
  });

  it('has the same order, number and bytes as a list of events, whatever is added, dropped and taken', () => {
    const action = fc.oneof(
      { weight: 5, arbitrary: fc.record({ push: fc.oneof(fc.nat(60), fc.nat(6000)) }) },
      { weight: 2, arbitrary: fc.constant('drop' as const) },
      { weight: 1, arbitrary: fc.constant('shift' as const) },
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 200 }), (actions) => {
        const pending = new PendingEvents();
        let list: string[] = [];
        actions.forEach((each, index) => {
          if (each === 'drop') {
            pending.drop();
            list = list.slice(1);
          } else if (each === 'shift') {
            const taken = pending.shift();
            const count = list.length - pending.length;
            expect(taken === undefined ? '' : String(chunkContent(taken))).toBe(list.slice(0, count).join(''));
            list = list.slice(list.length - pending.length);
          } else {
            const event = chunkOf(each.push, index);
            pending.push(event);
            list.push(String(chunkContent(event)));
          }
          expect(pending.length).toBe(list.length);
        });
        expect(contentOf(pending)).toBe(list.join(''));
        expect(pending.cost).toBe(0);
      }),
    );
  });

  it('has room for an event exactly if the cost afterwards is within the limit', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(6000), { minLength: 1, maxLength: 50 }), (sizes) => {
        const pending = new PendingEvents();
        for (const size of sizes) {
          const event = chunkOf(size);
          const twin = new PendingEvents();
          for (const earlier of sizes.slice(0, pending.length)) twin.push(chunkOf(earlier));
          twin.push(event);
          expect(pending.hasRoomFor(event, twin.cost)).toBe(true);
          expect(pending.hasRoomFor(event, twin.cost - 1)).toBe(false);
          pending.push(event);
        }
      }),
    );
  });
});
