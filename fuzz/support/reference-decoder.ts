import { isUtf8 } from 'node:buffer';

/** Where `ws` is less strict, or fails earlier or later. */
export interface Leniency {
  readonly lengthsNeedNotBeMinimal: boolean;
  /** Validates UTF-8 only when the message is complete. */
  readonly lateUtf8: boolean;
  /** Treats a length of 2^63 or more as too large, and not as malformed. */
  readonly topBitIsTooLarge: boolean;
  /** Fails for a Close frame of one byte when it has read the header. */
  readonly shortCloseFailsEarly: boolean;
  /** Fails for a missing or unexpected continuation frame before it checks the length. */
  readonly sequenceComesFirst: boolean;
}

const STRICT: Leniency = {
  lengthsNeedNotBeMinimal: false,
  lateUtf8: false,
  topBitIsTooLarge: false,
  shortCloseFailsEarly: false,
  sequenceComesFirst: false,
};

/**
 * Decodes all bytes of a client as RFC 6455 specifies. Returns messages, control frames, and at the end a Close frame or the
 * close code of a violation. It shares no code with `src/`.
 */
export function referenceDecode(bytes: Buffer, maxPayload: number, leniency: Leniency = STRICT): string[] {
  const lines: string[] = [];
  let opcodeInProgress = 0;
  let message = Buffer.alloc(0);
  for (let offset = 0; bytes.length - offset >= 2; ) {
    const [byte0 = 0, byte1 = 0] = bytes.subarray(offset);
    const fin = byte0 >> 7 === 1;
    const opcode = byte0 & 15;
    const control = opcode >= 8;
    const field = byte1 & 127;
    if ((byte0 & 0x70) !== 0 || [3, 4, 5, 6, 7, 11, 12, 13, 14, 15].includes(opcode)) return [...lines, 'fail 1002'];
    if ((control && (!fin || field > 125)) || byte1 < 128) return [...lines, 'fail 1002'];
    const outOfSequence = !control && (opcode === 0) !== (opcodeInProgress !== 0);
    if (outOfSequence && leniency.sequenceComesFirst) return [...lines, 'fail 1002'];
    const keyStart = offset + 2 + (field < 126 ? 0 : field === 126 ? 2 : 8);
    if (bytes.length < keyStart + 4) break;
    let length = BigInt(field);
    if (field === 126) length = BigInt(bytes.readUInt16BE(offset + 2));
    if (field === 127) length = bytes.readBigUInt64BE(offset + 2);
    if (length >> 63n === 1n) return [...lines, leniency.topBitIsTooLarge ? 'fail 1009' : 'fail 1002'];
    if (length >= 2n ** 53n) return [...lines, 'fail 1009'];
    const minimal = field < 126 || length >= (field === 126 ? 126n : 65_536n);
    if (!minimal && !leniency.lengthsNeedNotBeMinimal) return [...lines, 'fail 1002'];
    if (opcode === 8 && length === 1n && leniency.shortCloseFailsEarly) return [...lines, 'fail 1002'];
    if (outOfSequence) return [...lines, 'fail 1002'];
    if (!control && message.length + Number(length) > maxPayload) return [...lines, 'fail 1009'];
    const key = bytes.subarray(keyStart, keyStart + 4);
    const masked = bytes.subarray(keyStart + 4, keyStart + 4 + Number(length));
    const payload = Buffer.from(masked.map((byte, index) => byte ^ key[index % 4]!));
    const whole = payload.length === Number(length);
    offset = keyStart + 4 + payload.length;
    if (control) {
      if (!whole) break;
      if (opcode === 8) return [...lines, referenceClose(payload)];
      lines.push(`${opcode === 9 ? 'ping' : 'pong'} ${payload.toString('hex')}`);
      continue;
    }
    if (opcode !== 0) opcodeInProgress = opcode;
    message = Buffer.concat([message, payload]);
    const ended = whole && fin;
    const valid = ended ? isUtf8(message) : leniency.lateUtf8 || canBecomeUtf8(message);
    if (opcodeInProgress === 1 && !valid) return [...lines, 'fail 1007'];
    if (!ended) continue;
    lines.push(`${opcodeInProgress === 1 ? 'text' : 'binary'} ${message.toString('hex')}`);
    opcodeInProgress = 0;
    message = Buffer.alloc(0);
  }
  return lines;
}

function referenceClose(payload: Buffer): string {
  if (payload.length === 0) return 'close 1005 ';
  if (payload.length === 1) return 'fail 1002';
  const code = payload.readUInt16BE();
  const valid = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014];
  if (!valid.includes(code) && (code < 3000 || code > 4999)) return 'fail 1002';
  return isUtf8(payload.subarray(2)) ? `close ${code} ${payload.subarray(2).toString('hex')}` : 'fail 1007';
}

/** Whether more bytes can make these bytes valid UTF-8. Tries one end for each kind of code point. */
export function canBecomeUtf8(bytes: Buffer): boolean {
  const ends = ['', '80', '8080', '808080', '90', '9080', '908080', 'bf', 'a0', 'a080'];
  return ends.some((end) => isUtf8(Buffer.concat([bytes, Buffer.from(end, 'hex')])));
}
