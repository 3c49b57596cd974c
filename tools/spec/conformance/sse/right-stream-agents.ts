import { type ClientBehaviour, STANDARD } from './client-agent.ts';

/** A client that does what the standard allows, but is unusual. It must pass every case. */
export type RightStreamClient = readonly [habit: string, changes: Partial<ClientBehaviour>];

export const RIGHT_STREAM_CLIENTS: readonly RightStreamClient[] = [
  ['accepts no content coding', { codings: 'identity' }],
  ['writes field names in lower case', { nameOf: (name) => name.toLowerCase() }],
  [
    'accepts other types, and sends more fields',
    {
      fields: (lastEventId) => ({
        ...STANDARD.fields(lastEventId),
        Accept: 'text/event-stream, */*;q=0.1',
        'Cache-Control': 'no-store',
        Pragma: 'no-cache',
        Cookie: 'a=b',
      }),
    },
  ],
  ['waits longer than the reconnection time', { moreWaiting: 60 }],
  ['parses what it has received after a while', { delay: 20 }],
  [
    'reports neither readyState nor origin nor time',
    { report: ({ type, data, lastEventId }) => ({ type, data, lastEventId }) },
  ],
  ['is closed by a redirect that it cannot follow', { reconnectsAtBadRedirect: false }],
];
