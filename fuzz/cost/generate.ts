import { Random } from './random.ts';
import type {
  Act,
  Chunking,
  EventParserScenario,
  EventSourceScenario,
  EventStreamsScenario,
  EventText,
  Push,
  Reading,
  Scenario,
  WebSocketClientScenario,
  WebSocketOptions,
  WebSocketServerScenario,
} from './scenario.ts';

const MIB = 1024 * 1024;

/** The approximate number of bytes that all connections of a scenario send together. */
const MAX_TRAFFIC = 64 * MIB;

const CHUNKINGS: readonly Chunking[] = ['large', 'large', 'anywhere', 'bytes'];
const READINGS: readonly Reading[] = ['everything', 'nothing', 'now and then'];

/** Returns the scenario of a seed. */
export function scenarioOf(seed: number): Scenario {
  const random = new Random(seed);
  const generate = random.pick([
    webSocketServer,
    webSocketServer,
    webSocketServer,
    webSocketClient,
    eventStreams,
    eventStreams,
    eventSource,
    eventParser,
  ]);
  return generate(seed, random);
}

function webSocketServer(seed: number, random: Random): WebSocketServerScenario {
  const connections = random.size(1, 64);
  const options = webSocketOptions(random);
  const does = random.pick(['echo', 'nothing', 'push'] as const);
  const stays = random.chance(0.2);
  return {
    endpoint: 'WebSocket server',
    seed,
    connections,
    // The heartbeat ends a peer that stays, because it does not answer pings.
    options: stays ? { ...options, heartbeatInterval: 300, heartbeatTimeout: 300 } : options,
    does: does === 'push' ? push(random, connections) : does,
    traffic: traffic(random, connections, options.maxPayload ?? 16 * MIB),
    chunks: random.pick(CHUNKINGS),
    reads: random.pick(READINGS),
    bystander: random.pick([
      'small echoes',
      // An upload is a message of 4 MiB.
      ...((options.maxPayload ?? 16 * MIB) > 4 * MIB ? ['uploads' as const] : []),
      ...(options.perMessageDeflate ? ['compressed echoes' as const] : []),
    ] as const),
    stays,
  };
}

function webSocketClient(seed: number, random: Random): WebSocketClientScenario {
  const connections = random.size(1, 4);
  const maxPayload = random.pick([MIB, 2 * MIB]);
  return {
    endpoint: 'WebSocket client',
    seed,
    connections,
    options: { maxPayload, maxBackpressure: MIB, ...(random.chance(0.2) ? { perMessageDeflate: false } : {}) },
    does: random.pick(['echo', 'nothing']),
    traffic: traffic(random, connections, maxPayload),
    chunks: random.pick(CHUNKINGS),
    reads: random.pick(READINGS),
  };
}

function webSocketOptions(random: Random): WebSocketOptions {
  return {
    ...(random.chance(0.6) ? { perMessageDeflate: true } : {}),
    ...(random.chance(0.5) ? { maxPayload: random.pick([64 * 1024, MIB, 16 * MIB]) } : {}),
    ...(random.chance(0.5) ? { maxBackpressure: random.pick([64 * 1024, MIB, 16 * MIB]) } : {}),
    ...(random.chance(0.5) ? { maxReceiveMemory: random.pick([16 * MIB, 64 * MIB]) } : {}),
  };
}

function push(random: Random, connections: number): Push {
  const size = random.size(0, MIB);
  return {
    how: random.pick(['send', 'send in turns', 'broadcast', 'broadcast behind a fragment']),
    size,
    count: countFor(random, size + 2, connections, 100_000),
    binary: random.chance(0.5),
    compress: random.chance(0.5),
    fill: random.chance(0.5) ? 5 * MIB : 0,
  };
}

function traffic(random: Random, connections: number, maxPayload: number): Act[] {
  return Array.from({ length: random.size(0, 4) }, () => act(random, connections, maxPayload));
}

function act(random: Random, connections: number, maxPayload: number): Act {
  const kind = random.pick([
    'fragments',
    'fragments',
    'messages',
    'empty compressed messages',
    'final blocks',
    'bombs',
    'pings',
    'unfinished frame',
  ] as const);
  switch (kind) {
    case 'fragments': {
      const size = random.pick([0, 1, random.size(2, 64 * 1024)]);
      const pongs = random.chance(0.5) ? random.size(0, 500) : 0;
      return { act: kind, size, pongs, count: countFor(random, size + 6 + pongs * 131, connections, 200_000) };
    }
    case 'messages': {
      const size = random.size(0, maxPayload);
      return {
        act: kind,
        size,
        compressed: random.chance(0.5),
        count: countFor(random, size + 6, connections, 100_000),
      };
    }
    case 'empty compressed messages':
      return { act: kind, count: random.size(1, 300_000 / connections) };
    case 'final blocks': {
      const blocks = random.size(1, 10_000);
      return { act: kind, blocks, count: countFor(random, 50 * blocks, connections, 10_000) };
    }
    case 'bombs': {
      const mebibytes = random.size(1, Math.max(1, maxPayload / MIB));
      return { act: kind, mebibytes, count: countFor(random, 4 * mebibytes * MIB, connections, 20) };
    }
    case 'pings': {
      const size = random.size(0, 125);
      return { act: kind, size, count: countFor(random, size + 6, connections, 100_000) };
    }
    case 'unfinished frame':
      return { act: kind, size: random.size(0, Math.min(maxPayload - 1, MAX_TRAFFIC / connections)) };
  }
}

/** Returns how many things of a size each connection sends, so that the traffic of all stays below MAX_TRAFFIC. */
function countFor(random: Random, size: number, connections: number, most: number): number {
  return random.size(1, Math.max(1, Math.min(most, Math.floor(MAX_TRAFFIC / size / connections))));
}

function eventStreams(seed: number, random: Random): EventStreamsScenario {
  const connections = random.size(1, 30);
  const requests = random.chance(0.4) ? random.size(1, 300 / connections) : 1;
  const size = random.size(0, 256 * 1024);
  const leaves = random.chance(0.5);
  const closes = random.chance(0.3);
  const reads = random.pick(READINGS);
  return {
    endpoint: 'event streams',
    seed,
    connections,
    protocol: random.pick(['HTTP/1.0', 'HTTP/1.1', 'HTTP/1.1', 'HTTP/2']),
    requests,
    opensAfter: random.pick([0, 0, 1, 100]),
    leavesAfter: leaves ? random.size(0, 500) : null,
    reads,
    history: random.chance(0.5),
    filters: random.chance(0.3),
    events: { size, count: countFor(random, size + 20, connections * requests, 20_000) },
    closes,
    // These clients stay, because the server ends the streams that it closes.
    stays: closes && !leaves && requests === 1 && reads === 'nothing',
  };
}

function eventSource(seed: number, random: Random): EventSourceScenario {
  const response = random.pick([
    'events',
    'events',
    'events in gzip',
    'events in gzip',
    'header fields without end',
    'redirects',
  ] as const);
  return {
    endpoint: 'EventSource',
    seed,
    connections: random.size(1, 4),
    response,
    text: eventText(random, response === 'events in gzip' ? 256 : 32),
    chunks: response === 'redirects' ? 'large' : random.pick(CHUNKINGS),
    maxEventSize: random.pick([64 * 1024, MIB, 4 * MIB]),
  };
}

function eventParser(seed: number, random: Random): EventParserScenario {
  return {
    endpoint: random.pick(['EventParser', 'EventParser', 'EventParserStream']),
    seed,
    connections: random.size(1, 4),
    text: eventText(random, 32),
    chunks: random.pick(CHUNKINGS),
    maxEventSize: random.pick([64 * 1024, MIB, 4 * MIB]),
  };
}

function eventText(random: Random, mebibytes: number): EventText {
  const sometimes = (most: number): number => (random.chance(0.4) ? random.size(0, most) : 0);
  return {
    data: random.size(0, 100_000),
    lines: random.size(0, 100),
    comment: sometimes(200_000),
    id: sometimes(10_000),
    field: sometimes(200_000),
    ends: random.chance(0.3),
    mebibytes: random.size(1, mebibytes),
  };
}
