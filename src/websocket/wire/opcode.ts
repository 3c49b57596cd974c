/** The opcodes of RFC 6455 §5.2 and §11.8. */
export const Opcode = {
  CONTINUATION: 0x0,
  TEXT: 0x1,
  BINARY: 0x2,
  CLOSE: 0x8,
  PING: 0x9,
  PONG: 0xa,
} as const;
/** One of the values of `Opcode`. */
export type Opcode = (typeof Opcode)[keyof typeof Opcode];

/** The opcodes that say what kind of data a message carries. */
export type DataOpcode = typeof Opcode.TEXT | typeof Opcode.BINARY;

/** RFC 6455 §5.5: "Control frames are identified by opcodes where the most significant bit of the opcode is 1." */
export function isControl(opcode: number): boolean {
  return (opcode & 0x8) !== 0;
}

/** Whether an opcode is defined; 3-7 and 11-15 are reserved (§5.2). @internal */
export function isDefined(opcode: number): boolean {
  return (opcode & 0x7) <= 2;
}

/** Whether a frame with this opcode is the first of a message. @internal */
export function startsMessage(opcode: number): boolean {
  return opcode === Opcode.TEXT || opcode === Opcode.BINARY;
}
