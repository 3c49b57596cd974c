/** The process under attack. It follows the orders of its parent, and reports what it costs. */
import { type Endpoint, echoServer, type Package } from './endpoints/endpoint.ts';
import { eventParsers, eventSources } from './endpoints/event-clients.ts';
import { eventStreams } from './endpoints/event-streams.ts';
import { webSocketClient } from './endpoints/websocket-client.ts';
import { webSocketServer } from './endpoints/websocket-server.ts';
import { LoopMeter } from './loop-meter.ts';
import type { Scenario } from './scenario.ts';

export type Order =
  /** `port` is where a client connects. */
  | { readonly order: 'prepare'; readonly scenario: Scenario; readonly packageUrl: string; readonly port: number }
  | { readonly order: 'start' }
  | { readonly order: 'report' }
  | { readonly order: 'end' };

export interface Prepared {
  readonly port: number;
  /** Where a bystander finds an echo; null if the endpoint echoes itself. */
  readonly echoPort: number | null;
}

export interface Report {
  /** Bytes after a collection. */
  readonly held: number;
  readonly counted: number;
  /** Bytes of them that stay when the peers have left. */
  readonly kept: number;
  readonly open: number;
  /** Whether it is sending by itself, or has work to do. */
  readonly busy: boolean;
  /** Milliseconds of the longest stall since the last report. */
  readonly stall: number;
  /** What keeps the process alive, timers left out. */
  readonly handles: readonly string[];
}

const meter = new LoopMeter();
/** The part of the time since the last report in which the event loop was busy: more than that is work that is not done yet. */
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
  // What finalizers release is free after another turn.
  await new Promise((resolve) => setImmediate(resolve));
  globalThis.gc!();
  const { heapUsed, external } = process.memoryUsage();
  const counted = endpoint?.counted() ?? 0;
  const kept = endpoint?.kept?.() ?? 0;
  const [open, busy] = [endpoint?.open() ?? 0, isWorking || (endpoint?.busy() ?? false)];
  // The collections are not its fault.
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
// Its parent has ended.
process.on('disconnect', () => process.exit());
