/** Something that a standard demands, and what holds pushwire to it. */
export interface Requirement {
  /** As `§5.2`. */
  readonly section: string;
  /** The sentence of the RFC; of the other standards, what it says. */
  readonly text: string;
  /** As `file: words of the title`; the file is below `spec` or `fuzz`. */
  readonly tests?: readonly string[];
  /** Ids of conformance cases, or of groups of them. */
  readonly cases?: readonly string[];
  /** Why there is no test, or why it is not kept. */
  readonly reason?: string;
  /** Default: true. False: pushwire does otherwise, for that reason. */
  readonly isKept?: boolean;
}
