import type { DataOpcode } from './opcode.ts';
import type { InflateResult, JoinResult } from './permessage-deflate.ts';

/** A compressed message that is being inflated, or that waits for delivery. It precedes all kept input. */
export interface PendingMessage {
  readonly opcode: DataOpcode;
  /** The memory in bytes that the compressed message takes, and then the result. */
  readonly cost: number;
  /** The memory in bytes that its inflation takes in addition. */
  inflationCost: number;
  /** Null while the message is being inflated. */
  result: InflateResult | JoinResult | null;
}
