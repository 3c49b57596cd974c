/** A requirement of a standard, and the tests and cases that check it. */
export interface Requirement {
  /** For example `§5.2`. */
  readonly section: string;
  /** For RFC 6455, the sentence itself; for the other standards, a summary. */
  readonly text: string;
  /** The tests that check it, in the form `file: words of the title`. The file is in `spec` or `fuzz`. */
  readonly tests?: readonly string[];
  /** The ids of the conformance cases or groups that check it. */
  readonly cases?: readonly string[];
  /** Why there is no test, or why pushwire does not meet the requirement. */
  readonly reason?: string;
  /** Whether pushwire meets the requirement. If not, `reason` says why. Defaults to true. */
  readonly isKept?: boolean;
}
