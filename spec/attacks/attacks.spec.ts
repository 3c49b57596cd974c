import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CLIENT_ATTACKS } from './client.ts';
import { COMPRESSION_ATTACKS } from './compression.ts';
import { EVENT_STREAM_ATTACKS, SOURCE_ATTACKS, STREAM_ATTACKS } from './event-stream.ts';
import { FRAMING_ATTACKS } from './framing.ts';
import { attackClient, attackParser, attackServer, attackSource, type Result, Target } from './run-attack.ts';
import { UPGRADE_ATTACKS } from './upgrade.ts';

let target: Target;
beforeAll(() => {
  target = new Target();
});
afterAll(() => target.stop());

function expectDefended({ answer, bystander, growth, bound }: Result): void {
  expect({ answer, bystander }).toEqual({ answer: 'right', bystander: 'unharmed' });
  expect(growth).toBeLessThanOrEqual(bound);
}

for (const [group, attacks] of [
  ['the opening handshake', UPGRADE_ATTACKS],
  ['framing', FRAMING_ATTACKS],
  ['compression', COMPRESSION_ATTACKS],
  ['event streams', EVENT_STREAM_ATTACKS],
] as const) {
  describe(`an attack on a server by ${group}`, () => {
    for (const attack of attacks) {
      it(attack.title, async () => expectDefended(await attackServer(target, attack, 'pushwire')));
    }
  });
}

describe('an attack on a client', () => {
  for (const attack of CLIENT_ATTACKS) {
    it(attack.title, async () => expectDefended(await attackClient(target, attack, 'pushwire')));
  }
});

describe('an attack on an EventSource', () => {
  for (const attack of SOURCE_ATTACKS) {
    it(attack.title, async () => expectDefended(await attackSource(target, attack)));
  }
});

describe('an attack on a parser of event streams', () => {
  for (const attack of STREAM_ATTACKS) {
    it(attack.title, async () => expectDefended(await attackParser(target, attack)));
  }
});

it('there are at least 80 of them', () => {
  const all = [
    UPGRADE_ATTACKS,
    FRAMING_ATTACKS,
    COMPRESSION_ATTACKS,
    EVENT_STREAM_ATTACKS,
    CLIENT_ATTACKS,
    STREAM_ATTACKS,
    SOURCE_ATTACKS,
  ];
  expect(all.flat().length).toBeGreaterThanOrEqual(80);
});
