import { type Block, JoinedWrites } from '../../shared/joined-writes.ts';

/** Bytes that wait until the transport has handled earlier writes. */
export class Backlog extends JoinedWrites {
  /** The bytes that the transport has not handled. Nothing is written until it has. */
  inTransport: Block | null = null;

  /** The memory in bytes beside the bytes in the transport. */
  get memory(): number {
    const { inTransport } = this;
    return this.cost + (inTransport === null ? 0 : inTransport.cost - inTransport.length);
  }
}
