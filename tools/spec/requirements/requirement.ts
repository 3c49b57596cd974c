/** Something that a standard requires, and the tests and cases that check it. */
export interface Requirement {
  /** Such as `§5.2`. */
  readonly section: string;
  /** For RFC 6455, the sentence itself; for the other standards, a summary. */
  readonly text: string;
  /** In the form `file: words of the title`. The file is in `spec` or `fuzz`. */
  readonly tests?: readonly string[];
  /** Ids of conformance cases, or of groups of them. */
  readonly cases?: readonly string[];
  /** Why there is no test, or why pushwire does not keep the requirement. */
  readonly reason?: string;
  /** Whether pushwire keeps the requirement. If not, `reason` says why. Default: true. */
  readonly isKept?: boolean;
}
