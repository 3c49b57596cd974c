import { constants, crc32, deflateRawSync } from 'node:zlib';

const MIB = 1024 * 1024;

/** Compresses MiBs of one byte to raw DEFLATE, about 1 KiB for each. Repeats one compressed block, so that it is fast. */
export function deflateBomb(mebibytes: number, fill: string | number = 0): Buffer {
  const block = deflateRawSync(Buffer.alloc(MIB, fill), { finishFlush: constants.Z_FULL_FLUSH });
  // The last block is empty and has BFINAL set.
  return Buffer.concat([...Array.from({ length: mebibytes }, () => block), Buffer.of(3, 0)]);
}

/** Wraps the same data in gzip (RFC 1952). */
export function gzipBomb(mebibytes: number, fill: string | number = 0): Buffer {
  const header = Buffer.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff);
  const content = Buffer.alloc(MIB, fill);
  let checksum = 0;
  for (let count = 0; count < mebibytes; count++) checksum = crc32(content, checksum);
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(checksum);
  trailer.writeUInt32LE((mebibytes * MIB) % 2 ** 32, 4);
  return Buffer.concat([header, deflateBomb(mebibytes, fill), trailer]);
}
