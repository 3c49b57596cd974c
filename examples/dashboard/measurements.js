import { monitorEventLoopDelay } from 'node:perf_hooks';

/** How often the delay of the event loop is measured, in milliseconds. A measurement contains this time. */
const RESOLUTION = 10;

/** What a process and its WebSocketServer do: rates since the last call, and current numbers. */
export class Measurements {
  #webSockets;
  #delay = monitorEventLoopDelay({ resolution: RESOLUTION });
  #before;

  constructor(webSockets) {
    this.#webSockets = webSockets;
    this.#delay.enable();
    this.#before = this.#totals();
  }

  /** Returns a number for each series. */
  take() {
    const before = this.#before;
    const now = this.#totals();
    this.#before = now;
    const seconds = (now.time - before.time) / 1000;
    const delay = Math.max(0, this.#delay.max / 1e6 - RESOLUTION);
    this.#delay.reset();
    const { connections, sendMemory } = this.#webSockets.metrics();
    const { rss, heapUsed } = process.memoryUsage();
    const rate = (name) => round((now[name] - before[name]) / seconds);
    return {
      /** Percent of one core. */
      cpu: rate('cpu'),
      /** Bytes. */
      resident: rss,
      heap: heapUsed,
      /** The longest delay of the event loop, in milliseconds. */
      delay: round(delay),
      sockets: connections.open,
      /** Messages of WebSockets for each second. */
      received: rate('received'),
      sent: rate('sent'),
      /** Bytes of memory that hold what slow clients have not read. */
      queued: sendMemory,
    };
  }

  /** Without this, the measurement of the delay keeps the process alive. */
  end() {
    this.#delay.disable();
  }

  #totals() {
    const { messages } = this.#webSockets.metrics();
    const { user, system } = process.cpuUsage();
    // 1,000,000 microseconds in a second are 100 percent.
    return { time: performance.now(), cpu: (user + system) / 10_000, ...messages };
  }
}

const round = (number) => Math.round(number * 10) / 10;
