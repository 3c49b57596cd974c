import type { DispatchedEvent, StreamClientCase } from '../../../src/conformance/sse/client-case.ts';

/** Milliseconds after `close()` in which no event must follow. */
const AFTER_CLOSE = 200;

/** Runs a case in an EventSource until it is CLOSED. Resolves with the dispatched events. */
export function runInEventSource(
  EventSourceClass: typeof EventSource,
  url: string,
  { types, closeOn }: Pick<StreamClientCase, 'types' | 'closeOn'>,
): Promise<DispatchedEvent[]> {
  const source = new EventSourceClass(url);
  const events: DispatchedEvent[] = [];
  return new Promise((resolve) => {
    const tell = (event: Event): void => {
      const { type, data, lastEventId, origin } = event as Event & DispatchedEvent;
      const { readyState } = source;
      events.push({ type, data, lastEventId, origin, readyState, time: performance.now() });
      if (type === closeOn) {
        source.close();
        setTimeout(() => resolve(events), AFTER_CLOSE);
      } else if (readyState === 2) resolve(events);
    };
    for (const type of ['open', 'message', 'error', ...types]) source.addEventListener(type, tell);
  });
}
