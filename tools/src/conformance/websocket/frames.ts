import { Opcode } from './protocol.ts';

/** A frame to build, valid or not. */
export interface FrameDescription {
  readonly fin?: boolean;
  /** The reserved bits as a number: 4 for RSV1, 2 for RSV2, 1 for RSV3. */
  readonly rsv?: number;
  readonly opcode: number;
  readonly payload?: Uint8Array | string;
  /** The masking key, or false for an unmasked frame. Default: a fixed key. */
  readonly mask?: readonly number[] | false;
  /** Whether the frame is masked although it must not be, or not masked although it must be. */
  readonly isMaskedWrongly?: boolean;
  /** The bits of the payload length field. Default: the shortest form. */
  readonly form?: 7 | 16 | 64;
  /** The value of the payload length field. Default: the length of the payload. */
  readonly length?: number | bigint;
}

/** The masking key of the examples in RFC 6455 §5.7. */
export const KEY: readonly number[] = [0x37, 0xfa, 0x21, 0x3d];

/** Encodes a frame. */
export function frame(description: FrameDescription): Buffer {
  const { fin = true, rsv = 0, opcode, mask = KEY } = description;
  const { payload: content = '' } = description;
  const payload = typeof content === 'string' ? Buffer.from(content) : content;
  const length = description.length ?? payload.length;
  const form = description.form ?? (length <= 125 ? 7 : length <= 65535 ? 16 : 64);
  const header = [(fin ? 0x80 : 0) | (rsv << 4) | opcode];
  const maskBit = mask === false ? 0 : 0x80;
  if (form === 7) header.push(maskBit | Number(length));
  else if (form === 16) header.push(maskBit | 126, Number(length) >> 8, Number(length) & 0xff);
  else {
    header.push(maskBit | 127);
    for (let shift = 56n; shift >= 0n; shift -= 8n) header.push(Number((BigInt(length) >> shift) & 0xffn));
  }
  if (mask !== false) header.push(...mask);
  const bytes = Buffer.allocUnsafe(header.length + payload.length);
  bytes.set(header);
  // A key of zeros changes nothing: cases with many MiB use it.
  if (mask === false || mask.every((octet) => octet === 0)) bytes.set(payload, header.length);
  else applyMask(payload, mask, bytes, header.length);
  return bytes;
}

/**
 * RFC 6455 §5.3: masks or unmasks octets into `target`. A loop, because `map()` takes many times as long for messages of
 * several MiB.
 */
function applyMask(octets: Uint8Array, key: readonly number[] | Uint8Array, target: Buffer, start: number): void {
  const [key0 = 0, key1 = 0, key2 = 0, key3 = 0] = key;
  const { length } = octets;
  const whole = length - (length % 4);
  for (let index = 0; index < whole; index += 4) {
    target[start + index] = octets[index]! ^ key0;
    target[start + index + 1] = octets[index + 1]! ^ key1;
    target[start + index + 2] = octets[index + 2]! ^ key2;
    target[start + index + 3] = octets[index + 3]! ^ key3;
  }
  for (let index = whole; index < length; index++) target[start + index] = octets[index]! ^ key[index & 3]!;
}

/** The payload of a Close frame. */
export function closePayload(code: number, reason: string | Uint8Array = ''): Buffer {
  return Buffer.concat([Buffer.from([code >> 8, code & 0xff]), Buffer.from(reason)]);
}

/** The frames of a message that is split into fragments of `size` bytes. */
export function splitIntoFrames(opcode: number, payload: Buffer, size: number): FrameDescription[] {
  const count = Math.max(1, Math.ceil(payload.length / Math.max(1, size)));
  return Array.from({ length: count }, (_, index) => ({
    opcode: index === 0 ? opcode : Opcode.CONTINUATION,
    fin: index === count - 1,
    payload: payload.subarray(index * size, (index + 1) * size),
  }));
}

export interface ParsedFrame {
  readonly fin: boolean;
  readonly rsv: number;
  readonly opcode: number;
  readonly masked: boolean;
  /** The masking key as a number; undefined for a frame that is not masked. */
  readonly key?: number | undefined;
  readonly payload: Buffer;
}

/** Reads complete frames. @throws Error if octets are left over */
export function parseFrames(bytes: Buffer): ParsedFrame[] {
  const frames: ParsedFrame[] = [];
  let rest = bytes;
  while (rest.length > 0) {
    const parsed = parseFrame(rest);
    if (parsed === null) throw new Error(`Incomplete frame: ${rest.toString('hex')}`);
    frames.push(parsed.frame);
    rest = parsed.rest;
  }
  return frames;
}

/** Reads one frame. Returns null if it is incomplete. */
export function parseFrame(bytes: Buffer): { frame: ParsedFrame; rest: Buffer } | null {
  if (bytes.length < 2) return null;
  const [byte0 = 0, byte1 = 0] = bytes;
  const field = byte1 & 0x7f;
  const masked = byte1 >= 0x80;
  const extended = field < 126 ? 0 : field === 126 ? 2 : 8;
  const payloadStart = 2 + extended + (masked ? 4 : 0);
  if (bytes.length < payloadStart) return null;
  const length = extended === 0 ? field : extended === 2 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  if (bytes.length < payloadStart + length) return null;
  const key = bytes.subarray(payloadStart - 4, payloadStart);
  const raw = bytes.subarray(payloadStart, payloadStart + length);
  const payload = Buffer.allocUnsafe(length);
  if (masked) applyMask(raw, key, payload, 0);
  else payload.set(raw);
  return {
    frame: {
      fin: byte0 >= 0x80,
      rsv: (byte0 >> 4) & 7,
      opcode: byte0 & 15,
      masked,
      ...(masked && { key: key.readUInt32BE() }),
      payload,
    },
    rest: bytes.subarray(payloadStart + length),
  };
}
