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

/** Agents that echo, without compression. */
export const ECHO_TRIALS: readonly Trial[] = (
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
