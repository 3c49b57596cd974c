/**
 * Sends messages at a fixed rate, even if earlier ones have not come back. Each latency is measured from the time when the
 * message was due, so that a server that pauses delays all messages that were due in the pause (no coordinated omission).
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { quantileSorted } from 'simple-statistics';
import { clientFrame, headerLength, openAll } from './frames.ts';

const { port, connections, payload, rate, seconds } = JSON.parse(process.argv[2]!) as {
  readonly port: number;
  readonly connections: number;
  readonly payload: number;
  /** Messages per second on all connections together. */
  readonly rate: number;
  readonly seconds: number;
};
const request = clientFrame(payload);
const each = payload + headerLength(payload);
const clients = await openAll(port, connections);
const due: number[][] = clients.map(() => []);
const latencies: number[] = [];
let measuring = false;
for (const [index, client] of clients.entries()) {
  let pending = 0;
  client.onBytes = (count) => {
    pending += count;
    const now = performance.now();
    for (; pending >= each; pending -= each) {
      const wanted = due[index]!.shift()!;
      if (measuring) latencies.push(now - wanted);
    }
  };
}
const start = performance.now();
const [warmUp, end] = [start + 500, start + 500 + seconds * 1000];
for (let number = 0; ; number++) {
  const wanted = start + (number * 1000) / rate;
  if (wanted >= end) break;
  while (performance.now() < wanted) await nextTurn();
  if (!measuring && wanted >= warmUp) {
    measuring = true;
    console.log('begin');
  }
  const index = number % connections;
  due[index]!.push(wanted);
  clients[index]!.socket.write(request);
}
await new Promise((resolve) => setTimeout(resolve, 200));
latencies.sort((one, other) => one - other);
const [p50, p99, p999] = [0.5, 0.99, 0.999].map((part) => quantileSorted(latencies, part));
console.log(JSON.stringify({ p50, p99, p999, count: latencies.length }));
process.exit();
