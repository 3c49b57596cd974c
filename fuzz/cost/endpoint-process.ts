/** The process under attack. It receives orders from its parent process, and reports its memory and stalls. */
import { type Endpoint, echoServer, type Package } from './endpoints/endpoint.ts';
import { eventParsers, eventSources } from './endpoints/event-clients.ts';
import { eventStreams } from './endpoints/event-streams.ts';
import { webSocketClient } from './endpoints/websocket-client.ts';
import { webSocketServer } from './endpoints/websocket-server.ts';
import { LoopMeter } from './loop-meter.ts';
import type { Scenario } from './scenario.ts';

export type Order =
  /** `port` is the port that a client connects to. */
  | { readonly order: 'prepare'; readonly scenario: Scenario; readonly packageUrl: string; readonly port: number }
  | { readonly order: 'start' }
  | { readonly order: 'report' }
  | { readonly order: 'end' };

export interface Prepared {
  readonly port: number;
  /** The port of an echo server for the bystander. Null if the endpoint echoes itself. */
  readonly echoPort: number | null;
}

export interface Report {
  /** The memory of the process in bytes, after a garbage collection. */
  readonly held: number;
  readonly counted: number;
  /** The part of `counted` that remains after the peers have disconnected. */
  readonly kept: number;
  readonly open: number;
  /** Whether the endpoint is still sending or has other work to do. */
  readonly busy: boolean;
  /** The longest stall in milliseconds since the last report. */
  readonly stall: number;
  /** The resources that keep the process alive, except timers. */
  readonly handles: readonly string[];
}

const meter = new LoopMeter();
/** If the utilization of the event loop since the last report is higher, the endpoint still has work to do. */
const IDLE = 0.3;
let utilization = performance.eventLoopUtilization();

let endpoint: Endpoint | undefined;
let start: () => Endpoint | undefined;

async function prepare({ scenario, packageUrl, port }: Order & { order: 'prepare' }): Promise<Prepared> {
  const pushwire = (await import(packageUrl)) as Package;
  start = () => endpoint;
  switch (scenario.endpoint) {
    case 'WebSocket server':
      endpoint = await webSocketServer(pushwire, scenario);
      return { port: endpoint.port, echoPort: null };
    case 'event streams':
      endpoint = await eventStreams(pushwire, scenario);
      break;
    case 'EventParser':
    case 'EventParserStream':
      endpoint = await eventParsers(pushwire, scenario);
      break;
    case 'WebSocket client':
      start = () => webSocketClient(pushwire, scenario, port);
      break;
    case 'EventSource':
      start = () => eventSources(pushwire, scenario, port);
  }
  return { port: endpoint?.port ?? 0, echoPort: await echoServer() };
}

async function report(): Promise<Report> {
  const stall = meter.take();
  const isWorking = performance.eventLoopUtilization(utilization).utilization > IDLE;
  globalThis.gc!();
  // Finalizers run in a later turn. The second collection frees the memory that they release.
  await new Promise((resolve) => setImmediate(resolve));
  globalThis.gc!();
  const { heapUsed, external } = process.memoryUsage();
  const counted = endpoint?.counted() ?? 0;
  const kept = endpoint?.kept?.() ?? 0;
  const [open, busy] = [endpoint?.open() ?? 0, isWorking || (endpoint?.busy() ?? false)];
  // Excludes the stalls of the garbage collections.
  meter.take();
  utilization = performance.eventLoopUtilization();
  const handles = process.getActiveResourcesInfo().filter((name) => !/Timeout|Immediate|Tick/.test(name));
  return { held: heapUsed + external, counted, kept, open, busy, stall, handles };
}

process.on('message', async (order: Order) => {
  switch (order.order) {
    case 'prepare':
      process.send!(await prepare(order));
      return;
    case 'start':
      meter.take();
      endpoint = start();
      process.send!(null);
      return;
    case 'end':
      endpoint?.end?.();
      process.send!(null);
      return;
    case 'report':
      process.send!(await report());
  }
});
// The parent process has exited.
process.on('disconnect', () => process.exit());
