import type { ComparisonResult, Effort } from './harness/compare.ts';
import { broadcast, crowd } from './scenes/broadcast.ts';
import { burst } from './scenes/burst.ts';
import { client } from './scenes/client.ts';
import { deflate } from './scenes/deflate.ts';
import { echo } from './scenes/echo.ts';
import { handshakes } from './scenes/handshakes.ts';
import { hub } from './scenes/hub.ts';
import { latency } from './scenes/latency.ts';
import { memory } from './scenes/memory.ts';
import { decode, encode, mask, utf8 } from './scenes/micro.ts';
import { parse } from './scenes/parse.ts';
import { pipelined } from './scenes/pipelined.ts';
import { site } from './scenes/site.ts';

/** The scenes, by their names on the command line. */
export const SCENES: Readonly<Record<string, (effort: Effort) => AsyncGenerator<ComparisonResult>>> = {
  echo,
  pipelined,
  broadcast,
  crowd,
  burst,
  handshakes,
  memory,
  latency,
  client,
  deflate,
  site,
  hub,
  parse,
  mask,
  utf8,
  decode,
  encode,
};
