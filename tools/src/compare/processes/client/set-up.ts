/** Measures the set-up of connections. */
import { setTimeout as delay } from 'node:timers/promises';
import type { SetUp, SetUpOptions } from '../client-operations.ts';
import { Http2Connection, openChannel } from './client-channel.ts';
import { timedAgent } from './timed-agent.ts';

/** How long to wait for the session tickets of a TLS server, in milliseconds. */
const TICKET_TIME = 5;
/** How long to wait after closing a connection, in milliseconds, so that it does not disturb the next one. */
const CLOSE_TIME = 5;

export async function measureSetUp(options: SetUpOptions): Promise<SetUp[]> {
  if (options.httpVersion === '2') return measureHttp2SetUp(options);
  const { count, again } = options;
  const agent = timedAgent(options, false);
  if (again) {
    const first = await openChannel(options, agent);
    await delay(TICKET_TIME);
    await first.close();
  }
  const setUps: SetUp[] = [];
  while (setUps.length < count) {
    // A new agent has no session to resume.
    const used = again ? agent : timedAgent(options, false);
    const channel = await openChannel(options, used);
    setUps.push(channel.setUp);
    if (again && !used.times.resumed) throw new Error('The TLS session was not resumed');
    // The next connection uses the ticket of this session.
    await delay(TICKET_TIME);
    await channel.close();
    await delay(CLOSE_TIME);
  }
  return setUps;
}

async function measureHttp2SetUp(options: SetUpOptions): Promise<SetUp[]> {
  const setUps: SetUp[] = [];
  let connection = new Http2Connection(options);
  if (options.again) await (await connection.openEventStream(options, false)).close();
  while (setUps.length < options.count) {
    const channel = await connection.openEventStream(options, options.again);
    setUps.push(channel.setUp);
    await delay(TICKET_TIME);
    await channel.close();
    if (!options.again) connection.session.destroy();
    await delay(CLOSE_TIME);
    if (!options.again) connection = new Http2Connection(options);
  }
  connection.session.destroy();
  return setUps;
}
