import { handleRejection } from '../../shared/handle-rejection.ts';
import type { ServerSentEvent } from '../wire/event-encoder.ts';
import type { EventStream } from './event-stream.ts';
import type { StoredEvent } from './stored-event.ts';

/**
 * Decides whether a client may see an event. It is called for each event before it is sent, live or from the history. Only `true`
 * shows the event; a Promise does not. If it throws, the event is hidden from this client, and the channel emits 'hookError'.
 *
 * Sometimes, a client receives the id of a hidden event, without its data, to know where to continue. Do not put secrets in ids.
 */
export type EventFilter<Context, Data = string> = (
  event: ServerSentEvent<Data> & { readonly id: string },
  context: Context,
) => boolean;

// biome-ignore lint/suspicious/noExplicitAny: the application may send data of another type to the stream
export type AnyStream = EventStream<any>;

/** A stream in a channel. @internal */
export interface Member<Context, Data> {
  readonly stream: AnyStream;
  readonly filter: EventFilter<Context, Data> | undefined;
  readonly onClose: () => void;
  /** The position in the history of the next event to send; null if the client has caught up and receives live events. */
  position: number | null;
  /** The position after the event whose id the client received last: there it continues when it reconnects. */
  resumesAt: number;
  /** The position at which the member is complete, because the channel shuts down; null before. */
  endsAt: number | null;
  /** Called when the member is complete, or has left. */
  onComplete: (() => void) | null;
}

/**
 * A filter that throws hides the event, and does not affect other clients.
 *
 * @param onError called with what it throws, or with the rejection of a Promise that it returns
 * @internal
 */
export function isVisible<Context, Data>(
  { filter }: Member<Context, Data>,
  { event, context }: StoredEvent<Context, Data>,
  onError: (error: unknown) => void,
): boolean {
  if (filter === undefined) return true;
  try {
    const answer: unknown = filter(event, context);
    if (typeof answer === 'object') handleRejection(answer, onError);
    return answer === true;
  } catch (error) {
    onError(error);
    return false;
  }
}

/** The number of channels and hubs that a stream is in; RESUMES if it is in one that reads its Last-Event-ID header. */
const memberships: WeakMap<AnyStream, number> = /* @__PURE__ */ new WeakMap();
const RESUMES = -1;

/**
 * Records that a stream is added to a channel or a hub. A client has one last event ID: with the ids of two channels, each of them would
 * send a reset after a reconnection.
 *
 * @param resumes whether the channel reads the Last-Event-ID header
 * @throws Error with the code SSE_ERR_SEVERAL_CHANNELS
 * @internal
 */
export function joinChannel(stream: AnyStream, resumes: boolean): void {
  const count = memberships.get(stream) ?? 0;
  if (count === RESUMES || (resumes && count > 0)) {
    const message =
      'The stream is in another channel or hub, and its client has one last event ID: pass lastEventId each time, or use one Hub';
    throw Object.assign(new Error(message), { code: 'SSE_ERR_SEVERAL_CHANNELS' });
  }
  memberships.set(stream, resumes ? RESUMES : count + 1);
}

/** Records that a stream has left a channel or a hub. @internal */
export function leaveChannel(stream: AnyStream): void {
  const count = memberships.get(stream) ?? 0;
  if (count > 1) memberships.set(stream, count - 1);
  else memberships.delete(stream);
}
