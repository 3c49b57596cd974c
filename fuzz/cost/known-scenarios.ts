import type {
  EventStreamsScenario,
  EventText,
  Scenario,
  WebSocketClientScenario,
  WebSocketServerScenario,
} from './scenario.ts';

const MIB = 1024 * 1024;

const server: WebSocketServerScenario = {
  endpoint: 'WebSocket server',
  seed: 1,
  connections: 1,
  options: {},
  does: 'nothing',
  traffic: [],
  chunks: 'large',
  reads: 'everything',
  bystander: 'small echoes',
  stays: false,
};

const client: WebSocketClientScenario = {
  endpoint: 'WebSocket client',
  seed: 1,
  connections: 1,
  options: { maxPayload: MIB, maxBackpressure: MIB },
  does: 'nothing',
  traffic: [],
  chunks: 'large',
  reads: 'everything',
};

const streams: EventStreamsScenario = {
  endpoint: 'event streams',
  seed: 1,
  connections: 5,
  protocol: 'HTTP/1.1',
  requests: 1,
  opensAfter: 0,
  leavesAfter: null,
  reads: 'everything',
  history: false,
  filters: false,
  events: { size: 16, count: 1 },
  closes: false,
  stays: false,
};

const text: EventText = { data: 0, lines: 0, comment: 0, id: 0, field: 0, ends: false, mebibytes: 1 };

const PINNING = { act: 'fragments', size: 1, count: 2_000, pongs: 120 } as const;
const push = { size: 1, count: 150_000, binary: false, compress: false, fill: 5 * MIB } as const;

/** Scenarios in which an earlier version of pushwire failed, by their names. */
export const KNOWN_SCENARIOS: Readonly<Record<string, Scenario>> = {
  'one-byte fragments with many pongs in between, sent to a server': { ...server, traffic: [PINNING] },
  'one-byte fragments with many pongs in between, sent to a client': { ...client, traffic: [PINNING] },
  'messages of a hundred thousand one-byte fragments': {
    ...server,
    connections: 16,
    traffic: [{ act: 'fragments', size: 1, count: 130_000, pongs: 0 }],
  },
  'one-byte broadcasts to peers that do not read': {
    ...server,
    connections: 4,
    does: { ...push, how: 'broadcast' },
    reads: 'nothing',
  },
  'one-byte messages, each sent in a separate turn of the event loop, to a peer that does not read': {
    ...server,
    does: { ...push, how: 'send in turns' },
    reads: 'nothing',
  },
  'broadcasts behind an unfinished message': {
    ...server,
    options: { maxBackpressure: 4 * MIB },
    does: { ...push, how: 'broadcast behind a fragment', size: 256 * 1024, count: 200, fill: 0 },
    reads: 'nothing',
  },
  'empty compressed messages sent to a server': {
    ...server,
    connections: 2,
    options: { perMessageDeflate: true },
    traffic: [{ act: 'empty compressed messages', count: 150_000 }],
  },
  'empty compressed messages sent to a client': {
    ...client,
    connections: 2,
    traffic: [{ act: 'empty compressed messages', count: 150_000 }],
  },
  'short messages that wait behind the compression of longer ones': {
    ...client,
    options: { maxPayload: MIB, maxBackpressure: 16 * MIB },
    does: 'echo',
    traffic: [
      { act: 'messages', size: 90_000, count: 20, compressed: true },
      { act: 'empty compressed messages', count: 60_000 },
    ],
    chunks: 'anywhere',
    reads: 'nothing',
  },
  'compressed messages of a hundred final blocks': {
    ...server,
    options: { perMessageDeflate: true },
    traffic: [{ act: 'final blocks', blocks: 100, count: 4_000 }],
  },
  'decompression bombs within maxPayload, while others send compressed messages': {
    ...server,
    connections: 32,
    options: { perMessageDeflate: true },
    traffic: [{ act: 'bombs', mebibytes: 16, count: 2 }],
    bystander: 'compressed echoes',
  },
  'decompression bombs that exceed maxReceiveMemory, from peers that do not read the Close frame': {
    ...server,
    connections: 7,
    options: { perMessageDeflate: true, maxReceiveMemory: 48 * MIB },
    traffic: [{ act: 'bombs', mebibytes: 14, count: 1 }],
    reads: 'nothing',
  },
  'large unfinished messages, while others upload': {
    ...server,
    connections: 31,
    options: { maxReceiveMemory: 32 * MIB },
    traffic: [{ act: 'unfinished frame', size: MIB }],
    bystander: 'uploads',
  },
  'event streams on pipelined requests': { ...streams, requests: 500, leavesAfter: 100 },
  'events for streams that wait behind an open stream': {
    ...streams,
    connections: 14,
    requests: 6,
    events: { size: 23, count: 5_633 },
  },
  'event streams that are opened after the client has disconnected': { ...streams, opensAfter: 100, leavesAfter: 20 },
  'event streams that are opened after the client has disconnected, over HTTP/2': {
    ...streams,
    protocol: 'HTTP/2',
    requests: 10,
    opensAfter: 100,
    leavesAfter: 20,
  },
  'closed event streams whose clients do not read': {
    ...streams,
    reads: 'nothing',
    events: { size: 64 * 1024, count: 200 },
    closes: true,
    stays: true,
  },
  'members of a channel that do not read': {
    ...streams,
    reads: 'nothing',
    events: { size: 64 * 1024, count: 200 },
    history: true,
    stays: true,
  },
  'lines of data between long comments': {
    endpoint: 'EventParser',
    seed: 1,
    connections: 1,
    text: { ...text, data: 14, lines: 1, comment: 60_000, mebibytes: 32 },
    chunks: 'large',
    maxEventSize: MIB,
  },
  'empty lines of data': {
    endpoint: 'EventParser',
    seed: 1,
    connections: 1,
    text: { ...text, lines: 1, mebibytes: 16 },
    chunks: 'large',
    maxEventSize: 4 * MIB,
  },
  'a gzip stream with lines of data between comments': {
    endpoint: 'EventSource',
    seed: 1,
    connections: 1,
    response: 'events in gzip',
    text: { ...text, data: 14, lines: 1, comment: 15_000, mebibytes: 256 },
    chunks: 'large',
    maxEventSize: MIB,
  },
};
