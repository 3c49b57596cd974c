import { COMPRESSION } from './compression.ts';
import { STREAMS } from './event-streams.ts';
import { CLOSING, FRAMES } from './frames.ts';
import { HANDSHAKE } from './opening-handshakes.ts';

import type { Shortcoming } from './shortcoming.ts';

export const SHORTCOMINGS: readonly Shortcoming[] = [...FRAMES, ...CLOSING, ...COMPRESSION, ...HANDSHAKE, ...STREAMS];
