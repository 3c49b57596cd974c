import { describe, expect, it } from 'vitest';
import {
  CATALOGUE,
  CLIENT_CATALOGUE,
  SERVER_CATALOGUE,
  STREAM_CLIENT_CATALOGUE,
  STREAM_SERVER_CATALOGUE,
} from '../../src/conformance/catalogue.ts';
import { describeCase } from '../../src/conformance/describe-case.ts';
import { sentenceOfSection } from '../../src/conformance/section-sentences.ts';
import type { StreamClientCase } from '../../src/conformance/sse/client-case.ts';
import { describeDifference } from '../../src/conformance/websocket/describe-event.ts';
import { describeSteps } from '../../src/conformance/websocket/describe-steps.ts';

/** Each WebSocket case, by its id, with its description. A description of large messages takes a while. */
const DESCRIPTIONS = new Map(
  [...new Set([...SERVER_CATALOGUE, ...CLIENT_CATALOGUE])].map((test) => [test.id, { test, ...describeCase(test) }]),
);

describe('the description of a WebSocket case', () => {
  it('describes for every case what the tester does and expects', () => {
    for (const [id, { steps, expectation }] of DESCRIPTIONS) {
      expect(expectation, id).toMatch(/\w/);
      expect(steps?.join(''), id).not.toMatch(/undefined|\[object|NaN/);
    }
  });

  it('has the sentence that the case is about, or what its section demands', () => {
    const all = [...DESCRIPTIONS.values()];
    expect(all.filter(({ sentence }) => sentence === undefined).map(({ test }) => test.id)).toEqual([]);
    expect(CATALOGUE.filter((one) => DESCRIPTIONS.get(one.id)!.sentence !== one.sentence)).toEqual([]);
    expect(sentenceOfSection('HTML §9.2.3 and §9.2.4')).toEqual({
      section: 'HTML §9.2.3 and §9.2.4',
      words: expect.stringMatching(/^A client accepts .* sends the last event ID as Last-Event-ID/),
    });
    expect(sentenceOfSection('HTML §9.2.3 and §1')).toBeUndefined();
    expect(sentenceOfSection('HTML §17, text/event-stream')?.section).toBe('HTML §17');
    expect(sentenceOfSection('toString')).toBeUndefined();
  });

  it('is short for a case with thousands of frames or messages', () => {
    for (const { id } of CATALOGUE) {
      const { test, ...description } = DESCRIPTIONS.get(id)!;
      expect(JSON.stringify(description).length, test.id).toBeLessThan(3_000);
    }
  });

  it.each([
    ['1.1.1', ['Sends text of 0 bytes'], 'text of 0 bytes, then an answer to the Close frame'],
    ['14.1.10', ['Sends a request'], 'any status except 101'],
    [
      '16.1.1',
      ['Responds to the opening handshake', 'Sends text of 5 bytes ("Hello")'],
      'an echo of text of 5 bytes ("Hello"), then an answer to the Close frame',
    ],
  ])('of %s is %j', (id, steps, expectation) => {
    expect(DESCRIPTIONS.get(id)).toMatchObject({ steps, expectation });
  });

  it('counts attackers and what they send', () => {
    const { steps, expectation } = DESCRIPTIONS.get('15.1.1')!;
    expect(steps).toEqual([expect.stringMatching(/^\d+ attackers .*send \d+ bytes each, never read/)]);
    expect(expectation).toContain('an echo for a client that connected before the attack');
  });
});

describe('the description of an event stream case', () => {
  it('describes for every case what the tester does, and for clients also what it expects', () => {
    for (const test of [...STREAM_SERVER_CATALOGUE, ...STREAM_CLIENT_CATALOGUE]) {
      const { steps, expectation } = describeCase(test);
      expect(steps?.join(''), test.id).toMatch(/^\w/);
      expect(JSON.stringify({ steps, expectation }), test.id).not.toMatch(/undefined|\[object|NaN/);
      expect(JSON.stringify({ steps, expectation }).length, test.id).toBeLessThan(3_000);
      expect(expectation !== undefined, test.id).toBe('expect' in test);
    }
  });

  const response = { chunks: ['data: a\n', '\n'], fields: { 'Content-Type': 'text/plain' } };
  const client: StreamClientCase = {
    id: '32.1.1',
    title: 'Some',
    section: 'HTML §9.2.3',
    needsClient: true,
    responses: [response, { status: 307, location: 'THERE' }],
    redirectTarget: [{ ending: 'cut', interim: 103, coding: 'gzip' }, { raw: 'x' }],
    expect: [{ type: 'open' }, { type: 'message', data: '', lastEventId: '1' }],
    orExpect: [],
    nonStrict: [{ type: 'error' }],
    requests: [{ lastEventId: '' }, { lastEventId: '1', after: 300 }, { lastEventId: '' }],
    types: [],
  };

  it('lists responses, events and requests', () => {
    expect(describeCase(client)).toMatchObject({
      steps: [
        'Responds to request 1 with 200, Content-Type: text/plain, "data: a\\n\\n" in 2 writes',
        'Responds to request 2 with 307, a Location (THERE)',
        'Responds to redirected requests with 103, then 200, the coding gzip, the end of TCP before the end of the response',
        'Responds to redirected requests with the octets "x"',
        'Responds to any other request with 204, after which the client must not reconnect',
      ],
      expectation:
        'the events "open", "message" with "" and the id "1"; or no event; NON-STRICT: the events "error"; ' +
        'request 2 with the Last-Event-ID "1", after at least 300 ms; request 3 without Last-Event-ID',
    });
  });

  it('names the request to a server, and concurrent connections', () => {
    const steps = (id: string) => describeCase(STREAM_SERVER_CATALOGUE.find((one) => one.id === id)!).steps;
    expect(steps('20.1.1')).toEqual([
      expect.stringMatching(/^Sends GET as HTTP\/1\.1, and reads until several events/),
    ]);
    expect(steps('23.1.1')).toEqual([expect.stringMatching(/^Sends HEAD as HTTP\/1\.1, and reads /)]);
    expect(steps('24.1.1')).toEqual([
      expect.stringMatching(/^20 other connections send \d+ bytes each, never read, and are reset after \d+ ms$/),
      expect.stringMatching(/^Sends GET /),
    ]);
  });
});

describe('the description of a step', () => {
  const hello = { opcode: 1, payload: 'Hello' };
  const large = Buffer.alloc(100, 'x');

  it.each([
    [{ send: [hello] }, 'Sends text of 5 bytes ("Hello")'],
    [
      { send: [hello, hello, { opcode: 9 }] },
      'Sends 2 times text of 5 bytes ("Hello"), then ping of 0 bytes, in one write',
    ],
    [{ send: [hello, hello], writeSize: 'frames' }, /, in one write for each frame$/],
    [{ send: [hello], writeSize: 1 }, 'Sends text of 5 bytes ("Hello"), in writes of 1 byte'],
    [{ send: [{ ...hello, fin: false, rsv: 4 }] }, 'Sends text of 5 bytes ("Hello"), without FIN, RSV 100'],
    [{ send: [{ ...hello, form: 64, length: 7 }] }, /, with a length in 64 bits, with the length 7$/],
    [{ send: [{ ...hello, isMaskedWrongly: true }] }, /, masked if the tester is the server$/],
    [{ send: [{ opcode: 8 }] }, 'Sends an empty Close'],
    [{ send: [{ opcode: 8, payload: 'x' }] }, 'Sends Close of 1 byte ("x")'],
    [{ send: [{ opcode: 8, payload: Buffer.from('03e8', 'hex') }] }, 'Sends Close 1000'],
    [
      { send: [{ opcode: 8, payload: Buffer.from('03e8627965', 'hex') }] },
      'Sends Close 1000 with a reason of 3 bytes ("bye")',
    ],
    [{ send: [hello], part: { start: 0, end: 2 } }, /^Sends the header and 2 bytes of the payload of text of 5 bytes/],
    [{ send: [hello], part: { start: 2, end: 4 } }, /^Sends bytes 3 to 4 of the payload of /],
    [{ send: [hello], part: { start: 2 } }, /^Sends the bytes after byte 2 of the payload of /],
    [{ compress: { type: 'binary', payload: large } }, `Sends compressed binary of 100 bytes ("${'x'.repeat(32)}"…)`],
    [{ compress: { type: 'text', payload: large, frameSize: 8 } }, /, in frames of 8 bytes$/],
    [{ pause: 10 }, 'Waits 10 ms'],
    [{ until: 3 }, 'Waits for message 3 of the agent'],
    [{ staysOpen: 50 }, 'Waits 50 ms. The agent must not fail the connection in this time'],
    [{ failsNow: true }, 'Waits for the agent to fail the connection'],
  ] as const)('%j', (step, expected) => {
    const [description] = describeSteps([step]);
    if (typeof expected === 'string') expect(description).toBe(expected);
    else expect(description).toMatch(expected);
  });
});

describe('the difference of two payloads', () => {
  const event = (text: string) => ({ type: 'text', payload: Buffer.from(text) }) as const;
  const same = 'x'.repeat(1000);

  it.each([
    ['', '', ''],
    ['Hello', 'World', ''],
    [same, same, ''],
    [`${same}a`, `${same}b`, '; the first difference is at byte 1001: expected "a"; received "b"'],
    [same, `${same}b`, '; the first difference is at byte 1001: expected the end; received "b"'],
    [`${same}${same}`, same, `; the first difference is at byte 1001: expected "${'x'.repeat(16)}"…; received the end`],
  ])('is shown where the explanation does not show it', (wanted, received, expected) => {
    expect(describeDifference(event(wanted), event(received))).toBe(expected);
  });
});
