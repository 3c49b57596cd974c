import { randomFillSync } from 'node:crypto';

const POOL_SIZE = 8 * 1024;
const pool = new Uint8Array(POOL_SIZE);
let used = POOL_SIZE;

/**
 * Fills four bytes with a fresh masking key from the system's random generator: RFC 6455 §5.3 and §10.3 want keys that
 * nobody can predict. One call of the generator serves 2048 keys.
 */
export function generateMaskingKey(maskingKey: Uint8Array): void {
  if (used === POOL_SIZE) {
    randomFillSync(pool);
    used = 0;
  }
  maskingKey[0] = pool[used]!;
  maskingKey[1] = pool[used + 1]!;
  maskingKey[2] = pool[used + 2]!;
  maskingKey[3] = pool[used + 3]!;
  used += 4;
}
