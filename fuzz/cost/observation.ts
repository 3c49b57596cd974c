/** What was seen of an endpoint while it was attacked, and afterwards. Memory is in bytes, time in milliseconds. */
export interface Observation {
  /** How the process ended, if it did: then, nothing else is known. */
  died: string | null;
  /** What the endpoint held more than before, and what it counted, each time that it was asked. */
  readonly samples: { readonly held: number; readonly counted: number }[];
  longestStall: number;
  /** The longest time until an echo; null if one did not come. */
  longestEcho: number | null;
  /** Connections and streams that the endpoint has not ended, though it should; null if it should not. */
  notEnded: number | null;
  after: {
    /** Connections and streams that are open though all peers have left. */
    readonly open: number;
    readonly counted: number;
    readonly held: number;
    readonly handles: readonly string[];
  } | null;
}

export function nothingSeen(): Observation {
  return { died: null, samples: [], longestStall: 0, longestEcho: 0, notEnded: null, after: null };
}
