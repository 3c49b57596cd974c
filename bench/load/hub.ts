/** Subscribers of several servers, in one process. It carries out one order after the other: each line of standard input is one. */
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { quantileSorted } from 'simple-statistics';
import { HubClient, type HubClientKind } from './hub-client.ts';

/** An order, and the members that it needs. */
interface Order {
  readonly order: 'open' | 'paced' | 'leave' | 'return';
  readonly ports: readonly number[];
  /** The connections to open or to end. */
  readonly count: number;
  /** The events that those who have left miss. */
  readonly events: number;
  /** The protocols of the clients; one after the other. */
  readonly kinds: readonly HubClientKind[];
  readonly rooms: number;
  /** Events per second. */
  readonly rate: number;
  readonly seconds: number;
}

/** The milliseconds after which what has not arrived is lost. */
const PATIENCE = 10_000;
const WARM_UP_SECONDS = 0.5;

let clients: HubClient[] = [];
let ports: readonly number[] = [];
let rooms = 1;
let received = 0;
let onEvent: (due: number) => void = () => {};

const microseconds = (): number => Number(process.hrtime.bigint() / 1000n);

/** Opens some at a time: a server's queue of connections is finite. */
async function openAll(some: readonly HubClient[]): Promise<void> {
  for (let first = 0; first < some.length; first += 100) {
    await Promise.all(some.slice(first, first + 100).map((client) => client.open(ports[client.server]!)));
  }
}

async function open(order: Order): Promise<unknown> {
  ({ ports, rooms } = order);
  const added = Array.from({ length: order.count }, (_, index) => {
    const group = Math.floor(index / rooms);
    const kind = order.kinds[group % order.kinds.length]!;
    return new HubClient(kind, index % rooms, index % ports.length, (due) => {
      received++;
      onEvent(due);
    });
  });
  clients = [...clients, ...added];
  await openAll(added);
  return {};
}

/** Makes all servers publish, and resolves with the number of events when they have. */
async function publish(query: (server: number) => string): Promise<number> {
  const published = ports.map(async (port, server) => {
    const response = await fetch(`http://127.0.0.1:${port}/?${query(server)}`, { method: 'POST' });
    return Number(await response.text());
  });
  return (await Promise.all(published)).reduce((sum, one) => sum + one, 0);
}

/** Waits until all clients have received what they must. */
async function until(isDone: () => boolean, what: string): Promise<void> {
  if (!(await isDoneInTime(isDone))) throw new Error(`Not all clients have received ${what}`);
}

/** Resolves to false if nothing has arrived for some time. */
async function isDoneInTime(isDone: () => boolean): Promise<boolean> {
  let before = received;
  let end = performance.now() + PATIENCE;
  while (!isDone()) {
    if (received > before) {
      before = received;
      end = performance.now() + PATIENCE;
    }
    if (performance.now() > end) return false;
    await wait(5);
  }
  return true;
}

/** Makes the servers publish at a rate, and measures when each event arrives. */
async function paced({ rate, seconds }: Order): Promise<unknown> {
  const latencies: number[] = [];
  const [first, before, start] = [received, process.cpuUsage(), performance.now()];
  const measuredFrom = microseconds() + WARM_UP_SECONDS * 1e6;
  onEvent = (due) => {
    if (due >= measuredFrom) latencies.push((microseconds() - due) / 1000);
  };
  const published = await publish(() => `rate=${rate / ports.length}&seconds=${seconds + WARM_UP_SECONDS}`);
  const expected = (published * clients.length) / rooms;
  await isDoneInTime(() => received - first >= expected);
  const { user, system } = process.cpuUsage(before);
  const cpu = (user + system) / 1e6;
  const elapsed = (performance.now() - start) / 1000;
  latencies.sort((one, other) => one - other);
  const [p50, p99] = [0.5, 0.99].map((part) => quantileSorted(latencies, part));
  const deliveries = received - first;
  return { p50, p99, deliveries, lost: expected - deliveries, seconds: elapsed, cpu };
}

let returning: readonly HubClient[] = [];
let missed: readonly number[] = [];

/** Ends the connections of some clients, each of which has an id. They miss events, which the others receive. */
async function leave({ count, events }: Order): Promise<unknown> {
  onEvent = () => {};
  for (const client of clients) client.keepsIds = true;
  const first = received;
  // Of one server: they go to each room once.
  await publish((server) => `count=${server === 0 ? rooms : 0}`);
  await until(() => received - first >= clients.length, 'an event each');
  returning = clients.slice(0, count);
  for (const client of returning) client.leave();
  await wait(500);
  const others = clients.slice(count);
  const before = others.map((client) => client.received);
  const published = await publish(() => `count=${Math.ceil(events / ports.length)}`);
  const total = (): number => others.reduce((sum, client, index) => sum + client.received - before[index]!, 0);
  const perRoom = others.length / rooms;
  await until(() => total() === published * perRoom, 'what the others miss');
  missed = Array.from({ length: rooms }, (_, room) => {
    const index = others.findIndex((client) => client.room === room);
    return others[index]!.received - before[index]!;
  });
  // The servers may end before the others come back.
  for (const client of others) client.leave();
  return { missed: published };
}

/** The clients that have left come back, all at once. */
async function comeBack(order: Order): Promise<unknown> {
  ({ ports } = order);
  for (const client of returning) client.received = 0;
  const start = performance.now();
  await openAll(returning);
  await until(() => returning.every((client) => client.received >= missed[client.room]!), 'what they have missed');
  const seconds = (performance.now() - start) / 1000;
  const others = clients.slice(returning.length);
  for (const client of others) client.lastId = '';
  await openAll(others);
  if (returning.some((client) => client.received > missed[client.room]!))
    throw new Error('A client has received an event twice');
  return { seconds };
}

const ORDERS: Readonly<Record<Order['order'], (order: Order) => Promise<unknown>>> = {
  open,
  paced,
  leave,
  return: comeBack,
};

createInterface({ input: process.stdin })
  .on('line', async (line) => {
    const order = JSON.parse(line) as Order;
    console.log(JSON.stringify(await ORDERS[order.order](order)));
  })
  .on('close', () => process.exit());
console.log('ready');
