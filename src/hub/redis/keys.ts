/** The keys of a log in Redis. A cluster keeps all of them on one server, because the part in braces is the same. */
export interface RedisKeys {
  readonly log: string;
  readonly state: string;
  /** Ids by idempotency key. */
  readonly ids: string;
  /** The idempotency keys in their order. */
  readonly order: string;
  /** The last call of one RedisLog. */
  readonly caller: string;
  readonly presence: string;
}

/** The keys that each script of the log begins with. */
export function stateKeys({ log, state, ids, order }: RedisKeys): string[] {
  return [log, state, ids, order];
}

/** @param caller names one RedisLog */
export function redisKeys(key: string, caller: string): RedisKeys {
  const prefix = `{${key}}`;
  return {
    log: `${prefix}:log`,
    state: `${prefix}:state`,
    ids: `${prefix}:keys`,
    order: `${prefix}:keys:order`,
    caller: `${prefix}:caller:${caller}`,
    presence: `${prefix}:presence`,
  };
}
