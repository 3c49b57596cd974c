import { CATALOGUE } from '../catalogue.ts';
import { selectCases } from '../selection.ts';
import { keysForServers, keysOfClients } from '../websocket/cases/frame-headers.ts';
import { STANDARD } from './echo-behaviour.ts';
import { MUTANTS, type Mutant } from './mutants.ts';
import { FRAME_MUTANTS, KEY_MUTANTS, OWN_KEY_MUTANTS } from './mutants-of-frames.ts';
import { probeAgentClient, probeAgentServer } from './probing.ts';
import { behaviourOf, RIGHT_AGENTS } from './right-agents.ts';
import { type AgentKind, each, type Trial, trialOf, withIds } from './trial.ts';

/** Time limit of a case in milliseconds, in the first attempt. Most mutants fail without it. */
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

/** A trial of a faulty agent. */
function mutantTrial(
  kind: AgentKind,
  { fault, changes, caughtBy, verdict = 'FAILED', isClosing = false }: Mutant,
  probe: typeof probeAgentServer | typeof probeAgentClient,
): Trial {
  return trialOf({
    kind,
    habit: fault,
    isFaulty: true,
    cases: withIds([...CATALOGUE, ...keysForServers, ...keysOfClients], caughtBy),
    expected: each(caughtBy, verdict),
    isClosing,
    attempts: 3,
    probe: (cases, patience) =>
      probe({ ...STANDARD, ...changes }, cases, patience * (verdict === 'FAILED' ? WAIT : LONG_WAIT)),
  });
}

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
  ...[...MUTANTS, ...FRAME_MUTANTS].map((mutant) => mutantTrial(kind, mutant, probe)),
]);

/** Agents whose masking keys, or whose use of the tester's, is wrong, and right ones. */
const KEY_TRIALS: readonly Trial[] = [
  ...KEY_MUTANTS.map((mutant) => mutantTrial('WebSocket server', mutant, probeAgentServer)),
  ...OWN_KEY_MUTANTS.map((mutant) => mutantTrial('WebSocket client', mutant, probeAgentClient)),
  trialOf({
    kind: 'WebSocket server',
    habit: 'uses each masking key',
    isFaulty: false,
    cases: keysForServers,
    probe: (cases) => probeAgentServer(STANDARD, cases, PATIENCE),
  }),
  trialOf({
    kind: 'WebSocket client',
    habit: 'masks with random keys',
    isFaulty: false,
    cases: keysOfClients,
    probe: (cases) => probeAgentClient(STANDARD, cases, PATIENCE),
  }),
];

/** Agents that echo, without compression. */
export const ECHO_TRIALS: readonly Trial[] = [...IN_BOTH_ROLES, ...KEY_TRIALS, ...CLOSING_SERVERS];
