import { type Channel, channel } from 'node:diagnostics_channel';

/** The channels of `node:diagnostics_channel` for all hubs of the process. Without subscribers, no message is created. */
export const diagnostics: Readonly<
  Record<'publish' | 'publishError' | 'logError' | 'logRecovered' | 'reset', Channel>
> = {
  /** The log has confirmed an event: `hub`, `topic`, `id`. */
  publish: /* @__PURE__ */ channel('pushwire:hub:publish'),
  /** `publish()` has rejected: `hub`, `topic`, `error`. */
  publishError: /* @__PURE__ */ channel('pushwire:hub:publish-error'),
  /** The log does not answer, or has refused a command: `hub`, `error`. */
  logError: /* @__PURE__ */ channel('pushwire:hub:log-error'),
  /** The log works again: `hub`. */
  logRecovered: /* @__PURE__ */ channel('pushwire:hub:log-recovered'),
  /** A reset was sent to a client: `connection`, `lastEventId`, `oldestId`. */
  reset: /* @__PURE__ */ channel('pushwire:hub:reset'),
};

/** Publishes that a reset was sent to a client. */
export function publishReset(connection: object, reset: object): void {
  if (diagnostics.reset.hasSubscribers) diagnostics.reset.publish({ connection, ...reset });
}

/** Publishes whether the log has confirmed an event. */
export function publishOutcome(hub: object, topic: string, published: Promise<string>): void {
  if (!diagnostics.publish.hasSubscribers && !diagnostics.publishError.hasSubscribers) return;
  published.then(
    (id) => diagnostics.publish.publish({ hub, topic, id }),
    (error: unknown) => diagnostics.publishError.publish({ hub, topic, error }),
  );
}
