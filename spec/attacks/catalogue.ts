import { CLIENT_ATTACKS } from './client.ts';
import { COMPRESSION_ATTACKS } from './compression.ts';
import { EVENT_STREAM_ATTACKS, SOURCE_ATTACKS, STREAM_ATTACKS } from './event-stream.ts';
import { FRAMING_ATTACKS } from './framing.ts';
import { attackClient, attackParser, attackServer, attackSource, type Result, type Target } from './run-attack.ts';
import { UPGRADE_ATTACKS } from './upgrade.ts';

/** An attack on pushwire. */
export interface CataloguedAttack {
  readonly group: string;
  readonly title: string;
  /** Whether the attack aims at memory. Such an attack runs in its own process. */
  readonly aimsAtMemory: boolean;
  run(target: Target): Promise<Result>;
}

const SERVER_GROUPS = [
  ['opening handshake', UPGRADE_ATTACKS],
  ['frames', FRAMING_ATTACKS],
  ['compressed messages', COMPRESSION_ATTACKS],
  ['event streams', EVENT_STREAM_ATTACKS],
] as const;

export const ALL_ATTACKS: readonly CataloguedAttack[] = [
  ...SERVER_GROUPS.flatMap(([group, attacks]) =>
    attacks.map(
      (attack): CataloguedAttack => ({
        group: `a server (${group})`,
        title: attack.title,
        aimsAtMemory: attack.bound !== undefined || attack.reads === false,
        run: (target) => attackServer(target, attack, 'pushwire'),
      }),
    ),
  ),
  ...CLIENT_ATTACKS.map(
    (attack): CataloguedAttack => ({
      group: 'a client',
      title: attack.title,
      aimsAtMemory: attack.bound !== undefined,
      run: (target) => attackClient(target, attack, 'pushwire'),
    }),
  ),
  ...SOURCE_ATTACKS.map(
    (attack): CataloguedAttack => ({
      group: 'an EventSource',
      title: attack.title,
      aimsAtMemory: attack.bound !== undefined,
      run: (target) => attackSource(target, attack),
    }),
  ),
  ...STREAM_ATTACKS.map(
    (attack): CataloguedAttack => ({
      group: 'an EventParser',
      title: attack.title,
      aimsAtMemory: attack.bound !== undefined,
      run: (target) => attackParser(target, attack),
    }),
  ),
];

export const GROUPS: readonly string[] = [...new Set(ALL_ATTACKS.map(({ group }) => group))];
