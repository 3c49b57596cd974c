import type { Scene } from './scene.ts';
import { bytes } from './scenes/bytes.ts';
import { compression } from './scenes/compression.ts';
import { crowd } from './scenes/crowd.ts';
import { exchange, network } from './scenes/exchange.ts';
import { latency } from './scenes/latency.ts';
import { loss } from './scenes/loss.ts';
import { proxy } from './scenes/proxy.ts';
import { recovery } from './scenes/recovery.ts';
import { setUp } from './scenes/set-up.ts';
import { throughput } from './scenes/throughput.ts';
import { upload } from './scenes/upload.ts';

/** In the order of the report. */
export const SCENES: readonly Scene[] = [
  setUp,
  exchange,
  latency,
  throughput,
  upload,
  bytes,
  compression,
  crowd,
  recovery,
  proxy,
  network,
  loss,
];
