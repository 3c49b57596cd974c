/** Bytes of memory that an endpoint holds, and that it counts. */
export interface Sample {
  readonly held: number;
  readonly counted: number;
}

/** The measurements of an endpoint during and after an attack. Memory is in bytes, time in milliseconds. */
export interface Observation {
  /** Why the process exited, or null. If it exited, the other measurements are incomplete. */
  died: string | null;
  /** For each report, the growth of the memory that the endpoint held, and of the memory that it counted. */
  readonly samples: Sample[];
  longestStall: number;
  /** The longest time until an echo arrived. Null if one did not arrive. */
  longestEcho: number | null;
  /** The number of connections and streams that the endpoint should have ended and did not. Null if it should end none. */
  notEnded: number | null;
  after: {
    /** The number of connections and streams that are open after all peers have disconnected. */
    readonly open: number;
    readonly counted: number;
    readonly held: number;
    readonly handles: readonly string[];
  } | null;
}

export function nothingSeen(): Observation {
  return { died: null, samples: [], longestStall: 0, longestEcho: 0, notEnded: null, after: null };
}
