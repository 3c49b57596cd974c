import { onTestFinished } from 'vitest';
import { EventSource, type EventSourceOptions } from '../../src/sse/index.ts';

/** Opens an EventSource with a short reconnection time. Closes it at the end of the test. */
export function openSource(url: string, options: EventSourceOptions = {}): EventSource {
  const source = new EventSource(url, { reconnectionTime: 5, ...options });
  onTestFinished(() => source.close());
  return source;
}
