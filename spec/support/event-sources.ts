import { onTestFinished } from 'vitest';
import { EventSource, type EventSourceOptions } from '../../src/sse/index.ts';

/** An EventSource that reconnects soon, and is closed at the end of the test. */
export function openSource(url: string, options: EventSourceOptions = {}): EventSource {
  const source = new EventSource(url, { reconnectionTime: 5, ...options });
  onTestFinished(() => source.close());
  return source;
}
