import { isDue, isFullRun } from '../../../spec/support/full-run.ts';
import { STREAM_CLIENT_CATALOGUE } from '../../src/conformance/catalogue.ts';
import type { Trial } from '../../src/conformance/self-test/trial.ts';
import type { StreamClientCase } from '../../src/conformance/sse/client-case.ts';

/** Each case that has to do with habits runs with one of this many right agents: neighbours run different cases. */
const SHARE = 12;
/** Of the cases that have nothing to do with habits, one of this many runs with a right agent that has a habit. */
const OTHERS_SHARE = 2;

/**
 * Returns a function that returns the cases that a trial runs. The right agents with an unusual habit share the cases: each case
 * runs with a twelfth of these agents; every other case that has nothing to do with habits runs with one of them. The full run has
 * the agents of its part, with all cases.
 *
 * @param hasNoHabit whether a case has nothing to do with habits. Default: none
 */
export function shareCases(
  trials: readonly Trial[],
  hasNoHabit: (id: string) => boolean = () => false,
): (trial: Trial) => readonly string[] {
  const unusual = trials.filter(({ isFaulty, habit }) => !isFaulty && habit !== 'follows the standard');
  const share = Math.min(SHARE, unusual.length);
  return (trial) => {
    const number = unusual.indexOf(trial);
    const hasMore = number !== -1 || trial.isFaulty;
    if (isFullRun) return hasMore && isDue(`${trial.kind}: ${trial.habit}`) ? trial.cases : [];
    if (number === -1) return trial.cases;
    return trial.cases.filter((id, index) =>
      hasNoHabit(id)
        ? index % (OTHERS_SHARE * unusual.length) === OTHERS_SHARE * number
        : (index + number) % share === 0,
    );
  };
}

/** The cases of parsing are this many times those that each of the two right clients below has. */
const PARSING_SHARE = 16;
/** The cases that need a client are this many times those that the second client has. */
const CLIENT_SHARE = 4;

/**
 * The cases of one of two right clients. They have different cases of parsing: EventParser itself has all of these. The first one
 * has all cases that need a client. The full run has all cases with each client, in the part to which the client's name belongs.
 */
export function casesInTurn(turn: 0 | 1, client: string): readonly StreamClientCase[] {
  if (isFullRun) return isDue(`event stream cases for ${client}`) ? STREAM_CLIENT_CATALOGUE : [];
  return STREAM_CLIENT_CATALOGUE.filter(({ needsClient }, index) =>
    needsClient ? turn === 0 || index % CLIENT_SHARE === 0 : index % PARSING_SHARE === turn,
  );
}

/** The clients that are not ours. */
const OTHERS = ['Chromium', 'Python'] as const;
/** The cases of parsing are this many times those that each of them has. */
const OTHERS_PARSING_SHARE = 6;

/**
 * The cases for a client that is not ours: these clients take turns with the cases that need a client, and with some of those of
 * parsing, with each stream in one segment. How another client parses segments is no check of ours; the full run has all cases.
 */
export function casesForOthers(client: (typeof OTHERS)[number]): readonly StreamClientCase[] {
  if (isDue(`event stream cases for ${client}`)) return STREAM_CLIENT_CATALOGUE;
  const turn = OTHERS.indexOf(client);
  const inOneSegment = STREAM_CLIENT_CATALOGUE.filter(({ needsClient, id }) => !needsClient && id.endsWith('.1'));
  const needingClient = STREAM_CLIENT_CATALOGUE.filter(({ needsClient }) => needsClient);
  return [
    ...inOneSegment.filter((_, index) => index % OTHERS_PARSING_SHARE === turn),
    ...needingClient.filter((_, index) => index % OTHERS.length === turn),
  ];
}
