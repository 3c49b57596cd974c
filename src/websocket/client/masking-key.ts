import { randomFillSync } from 'node:crypto';

const POOL_BYTES = 8 * 1024;
const pool = /* @__PURE__ */ new Uint8Array(POOL_BYTES);
let usedBytes = POOL_BYTES;

/**
 * Fills four bytes with a new masking key from the system's random generator: RFC 6455 §5.3 and §10.3 require unpredictable
 * keys. One call of the generator yields 2048 keys.
 */
export function generateMaskingKey(maskingKey: Uint8Array): void {
  if (usedBytes === POOL_BYTES) {
    randomFillSync(pool);
    usedBytes = 0;
  }
  maskingKey[0] = pool[usedBytes]!;
  maskingKey[1] = pool[usedBytes + 1]!;
  maskingKey[2] = pool[usedBytes + 2]!;
  maskingKey[3] = pool[usedBytes + 3]!;
  usedBytes += 4;
}
