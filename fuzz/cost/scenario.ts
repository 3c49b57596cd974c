/** An endpoint, and an attack on it. A scenario is plain data, so that it can be passed on the command line. */
export type Scenario =
  | WebSocketServerScenario
  | WebSocketClientScenario
  | EventStreamsScenario
  | EventSourceScenario
  | EventParserScenario;

interface Common {
  /** The seed of random choices that the scenario does not specify, such as the sizes of chunks. */
  readonly seed: number;
  readonly connections: number;
}

/** How bytes are split into writes: not at all, anywhere, or into single bytes. */
export type Chunking = 'large' | 'anywhere' | 'bytes';

/** Whether a peer reads everything, nothing, or sometimes. */
export type Reading = 'everything' | 'nothing' | 'now and then';

/** A part of the traffic on a WebSocket connection. */
export type Act =
  /** Fragments of a message that never ends, with pongs of 125 bytes between them. */
  | { readonly act: 'fragments'; readonly size: number; readonly count: number; readonly pongs: number }
  | { readonly act: 'messages'; readonly size: number; readonly count: number; readonly compressed: boolean }
  | { readonly act: 'empty compressed messages'; readonly count: number }
  /** Compressed messages of many blocks with BFINAL. */
  | { readonly act: 'final blocks'; readonly blocks: number; readonly count: number }
  | { readonly act: 'bombs'; readonly mebibytes: number; readonly count: number }
  | { readonly act: 'pings'; readonly size: number; readonly count: number }
  /** A frame without its last byte. */
  | { readonly act: 'unfinished frame'; readonly size: number };

/** The messages that a server sends without a request. */
export interface Push {
  readonly how: 'send' | 'send in turns' | 'broadcast' | 'broadcast behind a fragment';
  readonly size: number;
  readonly count: number;
  readonly binary: boolean;
  readonly compress: boolean;
  /** Bytes that are sent to each peer first, to fill the kernel's buffers. */
  readonly fill: number;
}

/** Options that a scenario can set. */
export interface WebSocketOptions {
  readonly perMessageDeflate?: boolean;
  readonly maxPayload?: number;
  readonly maxBackpressure?: number;
  readonly maxReceiveMemory?: number;
  readonly heartbeatInterval?: number;
  readonly heartbeatTimeout?: number;
}

export interface WebSocketServerScenario extends Common {
  readonly endpoint: 'WebSocket server';
  readonly options: WebSocketOptions;
  readonly does: 'echo' | 'nothing' | Push;
  readonly traffic: readonly Act[];
  readonly chunks: Chunking;
  readonly reads: Reading;
  /** What an honest client does during the attack. */
  readonly bystander: 'small echoes' | 'compressed echoes' | 'uploads';
  /** Whether the peers stay connected until the server ends the connections. */
  readonly stays: boolean;
}

export interface WebSocketClientScenario extends Common {
  readonly endpoint: 'WebSocket client';
  readonly options: WebSocketOptions;
  readonly does: 'echo' | 'nothing';
  readonly traffic: readonly Act[];
  readonly chunks: Chunking;
  readonly reads: Reading;
}

export interface EventStreamsScenario extends Common {
  readonly endpoint: 'event streams';
  readonly protocol: 'HTTP/1.0' | 'HTTP/1.1' | 'HTTP/2';
  /** The number of pipelined requests on each connection; in HTTP/2, of concurrent streams. */
  readonly requests: number;
  /** Milliseconds that the server waits before it opens a stream. */
  readonly opensAfter: number;
  /** Milliseconds after which a client disconnects. Null if it stays connected. */
  readonly leavesAfter: number | null;
  readonly reads: Reading;
  readonly history: boolean;
  readonly filters: boolean;
  readonly events: { readonly size: number; readonly count: number };
  /** Whether the server closes the streams after the events. */
  readonly closes: boolean;
  readonly stays: boolean;
}

/** The repeated part of an event stream. Sizes are in bytes. */
export interface EventText {
  readonly data: number;
  /** The number of `data` fields in each part. */
  readonly lines: number;
  readonly comment: number;
  readonly id: number;
  readonly field: number;
  /** Whether each part ends with an empty line, which dispatches an event. */
  readonly ends: boolean;
  readonly mebibytes: number;
}

export interface EventSourceScenario extends Common {
  readonly endpoint: 'EventSource';
  readonly response: 'events' | 'events in gzip' | 'header fields without end' | 'redirects';
  readonly text: EventText;
  readonly chunks: Chunking;
  readonly maxEventSize: number;
}

export interface EventParserScenario extends Common {
  readonly endpoint: 'EventParser' | 'EventParserStream';
  readonly text: EventText;
  readonly chunks: Chunking;
  readonly maxEventSize: number;
}
