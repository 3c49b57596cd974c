import { CATALOGUE } from '../catalogue.ts';
import { selectCases } from '../selection.ts';
import { STANDARD } from './echo-agent.ts';
import { MUTANTS } from './mutants.ts';
import { probeAgentClient, probeAgentServer } from './probing.ts';
import { behaviourOf, RIGHT_AGENTS } from './right-agents.ts';
import { each, type Trial, trialOf, withIds } from './trial.ts';

/** Time limit of a case in milliseconds. A mutant must fail these cases, so a slow machine cannot change a verdict. */
const WAIT = 500;
/** The same for a mutant that is NON-STRICT: it must do something in time. Only one that is late takes all of it. */
const LONG_WAIT = 3000;
/** The same for an agent that passes. */
const PATIENCE = 30_000;
/** All cases except slow ones and those of compression, which the agent does not support. */
const QUICK = selectCases(CATALOGUE, [], ['9', '12', '13', '18']);

/** Cases with one message. */
const ONE_MESSAGE = selectCases(CATALOGUE, ['1'], []);

/** Servers that close the connection by themselves: RFC 6455 §7.3 lets a server do so at any time, with any code of its own. */
const CLOSING_SERVERS: readonly Trial[] = [1000, 1001, 1005, 1012, 3000, 4999].map((code) =>
  trialOf({
    kind: 'WebSocket server',
    habit: `closes the connection with ${code} after its echo`,
    isFaulty: false,
    cases: ONE_MESSAGE,
    probe: (cases) => probeAgentServer({ ...STANDARD, closesAfterEcho: code }, cases, PATIENCE),
  }),
);

const IN_BOTH_ROLES: readonly Trial[] = (
  [
    ['WebSocket server', probeAgentServer],
    ['WebSocket client', probeAgentClient],
  ] as const
).flatMap(([kind, probe]) => [
  ...[{ habit: 'follows the standard', changes: {} }, ...RIGHT_AGENTS].map((agent) =>
    trialOf({
      kind,
      habit: agent.habit,
      isFaulty: false,
      cases: QUICK,
      probe: (cases) => probe(behaviourOf(agent), cases, PATIENCE),
    }),
  ),
  ...MUTANTS.map(({ fault, changes, caughtBy, verdict = 'FAILED', isClosing = false }) =>
    trialOf({
      kind,
      habit: fault,
      isFaulty: true,
      cases: withIds(CATALOGUE, caughtBy),
      expected: each(caughtBy, verdict),
      isClosing,
      attempts: verdict === 'FAILED' ? 1 : 2,
      probe: (cases) => probe({ ...STANDARD, ...changes }, cases, verdict === 'FAILED' ? WAIT : LONG_WAIT),
    }),
  ),
]);

/** Agents that echo, without compression. */
export const ECHO_TRIALS: readonly Trial[] = [...IN_BOTH_ROLES, ...CLOSING_SERVERS];
