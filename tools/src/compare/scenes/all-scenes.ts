import { bytes } from './bytes.ts';
import { compression } from './compression.ts';
import { crowd } from './crowd.ts';
import { exchange, network } from './exchange.ts';
import { latency } from './latency.ts';
import { loss } from './loss.ts';
import { proxy } from './proxy.ts';
import { recovery } from './recovery.ts';
import type { Scene } from './scene.ts';
import { setUp } from './set-up.ts';
import { throughput } from './throughput.ts';
import { upload } from './upload.ts';

/** All scenes, in the order of the report. */
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
