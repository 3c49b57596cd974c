import type { ConformanceCase } from './case.ts';
import { framing } from './cases/01-framing.ts';
import { pingsAndPongs } from './cases/02-pings-and-pongs.ts';
import { reservedBits } from './cases/03-reserved-bits.ts';
import { opcodes } from './cases/04-opcodes.ts';
import { fragmentationCases } from './cases/05-fragmentation.ts';
import { utf8 } from './cases/06-utf8.ts';
import { closingCases } from './cases/07-closing.ts';
import { limits } from './cases/09-limits.ts';
import { autoFragmentation } from './cases/10-auto-fragmentation.ts';
import { compressedPayloads, compressionParameters } from './cases/12-compression.ts';
import { openingHandshake } from './cases/14-opening-handshake.ts';
import type { HandshakeCase } from './handshake-case.ts';

/** Every case of an agent that echoes, in the order of the numbers. */
export const CATALOGUE: readonly ConformanceCase[] = [
  ...framing,
  ...pingsAndPongs,
  ...reservedBits,
  ...opcodes,
  ...fragmentationCases,
  ...utf8,
  ...closingCases,
  ...limits,
  ...autoFragmentation,
  ...compressedPayloads,
  ...compressionParameters,
];

/** The cases of servers: those, and the opening handshake. */
export const SERVER_CATALOGUE: readonly (ConformanceCase | HandshakeCase)[] = [...CATALOGUE, ...openingHandshake];
