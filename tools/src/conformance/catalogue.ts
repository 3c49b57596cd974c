import type { ClientCase } from './serve-cases.ts';
import { streamResponses } from './sse/cases/20-responses.ts';
import { streamContent } from './sse/cases/21-content.ts';
import { streamResumption } from './sse/cases/22-resumption.ts';
import { streamHttp } from './sse/cases/23-http.ts';
import { streamRobustness } from './sse/cases/24-robustness.ts';
import { streamParsers } from './sse/cases/30-parsing.ts';
import { streamClientResponses } from './sse/cases/32-responses-to-clients.ts';
import { streamReconnection } from './sse/cases/33-reconnection.ts';
import { streamRedirects } from './sse/cases/34-redirects.ts';
import { streamClosing } from './sse/cases/35-closing.ts';
import type { StreamClientCase } from './sse/client-case.ts';
import type { StreamServerCase } from './sse/server-case.ts';
import type { ConformanceCase } from './websocket/case.ts';
import { framing } from './websocket/cases/01-framing.ts';
import { pingsAndPongs } from './websocket/cases/02-pings-and-pongs.ts';
import { reservedBits } from './websocket/cases/03-reserved-bits.ts';
import { opcodes } from './websocket/cases/04-opcodes.ts';
import { fragmentationCases } from './websocket/cases/05-fragmentation.ts';
import { utf8 } from './websocket/cases/06-utf8.ts';
import { closingCases } from './websocket/cases/07-closing.ts';
import { limits } from './websocket/cases/09-limits.ts';
import { autoFragmentation } from './websocket/cases/10-auto-fragmentation.ts';
import { compression } from './websocket/cases/12-compression.ts';
import { openingHandshake } from './websocket/cases/14-opening-handshake.ts';
import { robustness } from './websocket/cases/15-robustness.ts';
import { clientHandshake } from './websocket/cases/16-client-handshake.ts';
import { beyondAutobahn } from './websocket/cases/17-beyond-autobahn.ts';
import { compressedMessages } from './websocket/cases/18-compressed-messages.ts';
import { ownParameters } from './websocket/cases/18-own-parameters.ts';
import { keysForServers, keysOfClients } from './websocket/cases/frame-headers.ts';
import type { ServerCase } from './websocket/probe-server.ts';

/** The cases for servers and clients that echo, in the order of their numbers. */
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
  ...compression,
  ...beyondAutobahn,
  ...ownParameters,
  ...compressedMessages,
];

/** The cases for WebSocket servers. */
export const SERVER_CATALOGUE: readonly ServerCase[] = [
  ...CATALOGUE,
  ...keysForServers,
  ...openingHandshake,
  ...robustness,
];

/** The cases for WebSocket clients. */
export const CLIENT_CATALOGUE: readonly ClientCase[] = [...CATALOGUE, ...keysOfClients, ...clientHandshake];

/** The cases for event-stream servers. */
export const STREAM_SERVER_CATALOGUE: readonly StreamServerCase[] = [
  ...streamResponses,
  ...streamContent,
  ...streamResumption,
  ...streamHttp,
  ...streamRobustness,
];

/** The cases for event-stream clients. Those for parsers come first. */
export const STREAM_CLIENT_CATALOGUE: readonly StreamClientCase[] = [
  ...streamParsers,
  ...streamClientResponses,
  ...streamReconnection,
  ...streamRedirects,
  ...streamClosing,
];

/** All cases, each once. */
export const ALL_CASES: readonly (ServerCase | ClientCase | StreamServerCase | StreamClientCase)[] = [
  ...SERVER_CATALOGUE,
  ...keysOfClients,
  ...clientHandshake,
  ...STREAM_SERVER_CATALOGUE,
  ...STREAM_CLIENT_CATALOGUE,
];
