/** Runs autocannon against a site, and prints the requests per second and their latency. */
import autocannon from 'autocannon';

const { port, path, upgrade, seconds } = JSON.parse(process.argv[2]!) as {
  readonly port: number;
  readonly path: string;
  /** Sends upgrade requests that the server refuses. */
  readonly upgrade: boolean;
  readonly seconds: number;
};
const headers: Record<string, string> = upgrade
  ? { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Key': 'no key', 'Sec-WebSocket-Version': '13' }
  : { Accept: 'text/event-stream' };
const url = `http://127.0.0.1:${port}${path}`;
await autocannon({ url, connections: 16, duration: 0.5, headers });
console.log('begin');
const { requests, latency, errors, timeouts } = await autocannon({ url, connections: 16, duration: seconds, headers });
// A server may close the connection after it has refused an upgrade. Autocannon then opens another one.
if (timeouts > 0 || (errors > 0 && !upgrade)) throw new Error(`${errors} errors and ${timeouts} timeouts at ${url}`);
console.log(JSON.stringify({ rate: requests.average, p99: latency.p99 }));
process.exit();
