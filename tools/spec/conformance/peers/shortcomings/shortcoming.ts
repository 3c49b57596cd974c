/**
 * What agents do against the standards, by the cases that show it. Each row was written by hand, from what the results say and the
 * standard. The results say which agents do it. The first row that fits explains a failed case.
 */
export interface Shortcoming {
  /** Ids of cases or groups of them, such as `14.1.9` and `16.2`. */
  readonly cases: readonly string[];
  /** The agents that the row is about, such as `ws-server`. Default: all. */
  readonly agents?: readonly string[];
  readonly does: string;
  /** The section, and what it demands. RFC 6455 and HTTP are quoted, RFC 7692 and HTML are summarized. */
  readonly breaks: string;
}
