import type { DispatchedEvent, ExpectedRequest, StreamClientCase, StreamResponse } from '../client-case.ts';

export const OPENED: DispatchedEvent = { type: 'open', readyState: 1 };
/** The client has lost the connection, and will reconnect. */
export const LOST: DispatchedEvent = { type: 'error', readyState: 0 };
/** The client has stopped for good. */
export const CLOSED: DispatchedEvent = { type: 'error', readyState: 2 };
export function message(data: string, lastEventId = '', type = 'message'): DispatchedEvent {
  return { type, data, lastEventId, readyState: 1 };
}

export const RETRY: string = 'retry: 1\n\n';
export const STREAM: StreamResponse = { chunks: [`${RETRY}data: a\n\n`] };
/** The first response of many cases. It shows whether the client reconnects after the second one. */
export const FIRST: StreamResponse = { chunks: [`${RETRY}id: 1\ndata: first\n\n`] };
export const FIRST_EVENTS: readonly DispatchedEvent[] = [OPENED, message('first', '1'), LOST];
export const TWO_REQUESTS: readonly ExpectedRequest[] = [{ lastEventId: '' }, { lastEventId: '1' }];

/** A case without its number. */
export interface Row {
  readonly title: string;
  readonly responses: readonly StreamResponse[];
  readonly expect: readonly DispatchedEvent[];
  readonly section?: string;
  readonly orExpect?: readonly DispatchedEvent[];
  readonly nonStrict?: readonly DispatchedEvent[];
  readonly requests?: readonly ExpectedRequest[];
  readonly redirectTarget?: readonly StreamResponse[];
  readonly redirectedRequests?: readonly ExpectedRequest[];
  readonly closeOn?: string;
  readonly minGap?: number;
  readonly judgesFields?: boolean;
  readonly types?: readonly string[];
}

/** Numbers the rows of a group. */
export function casesOf(group: string, section: string, rows: readonly Row[]): StreamClientCase[] {
  return rows.map((row, index) => ({
    id: `${group}.${index + 1}`,
    section,
    needsClient: true,
    types: ['tick', 'tock'],
    ...row,
  }));
}

/** The events of `STREAM`, with 204 after it. */
export const STREAM_EVENTS: readonly DispatchedEvent[] = [OPENED, message('a'), LOST, CLOSED];
