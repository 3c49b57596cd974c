import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';
import { EventSource, type EventSourceErrorEvent, type EventSourceOptions } from 'pushwire';
import type { RecordingFile } from '../arguments/recording-file.ts';

/** Node.js publishes each HTTP request here before it is sent. */
const REQUESTS = 'http.client.request.start';

/**
 * Writes each HTTP request of this process to a file, until the returned function is called. The only header field that is written
 * is Last-Event-ID: others may contain credentials.
 *
 * @param body of the requests that have one
 */
export function recordRequests(file: RecordingFile, body: string): () => void {
  const onRequest = (message: unknown): void => {
    const { request } = message as { request: ClientRequest };
    const { method, protocol, path } = request;
    file.write('sent', {
      kind: 'request',
      method,
      url: `${protocol}//${request.getHeader('host')}${path}`,
      // In node:http, each character of a header value is one byte of UTF-8.
      lastEventId: Buffer.from(String(request.getHeader('last-event-id') ?? ''), 'latin1').toString(),
      // A redirect may change the method to GET. Such a request has no body.
      data: method === 'GET' || method === 'HEAD' ? '' : body,
    });
  };
  subscribe(REQUESTS, onRequest);
  return () => unsubscribe(REQUESTS, onRequest);
}

/** Writes what it receives to a file, and when its connections open and end. */
export class RecordedEventSource extends EventSource {
  readonly #file: RecordingFile;
  /** Whether a connection is open, or the first one is awaited. */
  #isConnected = true;

  constructor(url: string, options: EventSourceOptions, file: RecordingFile) {
    super(url, {
      ...options,
      onComment: (data) => {
        file.write('received', { kind: 'comment', data });
        options.onComment?.(data);
      },
    });
    this.#file = file;
  }

  /** Each event passes here in its order, with any type. */
  override dispatchEvent(event: Event): boolean {
    if (event instanceof MessageEvent) {
      const { type, lastEventId, data } = event;
      this.#file.write('received', { kind: 'event', type, lastEventId, data });
    } else if (event.type === 'open') {
      this.#isConnected = true;
      this.#file.write('open', { url: this.url });
    } else {
      this.#isConnected = false;
      this.#file.write('close', { reason: (event as EventSourceErrorEvent).message });
    }
    return super.dispatchEvent(event);
  }

  override close(): void {
    if (this.#isConnected) this.#file.write('close', { reason: '' });
    this.#isConnected = false;
    super.close();
  }
}
