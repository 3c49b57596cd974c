// Counts of a WebSocketServer, an EventChannel and a Hub for Prometheus, at http://localhost:8080/metrics.
import { subscribe } from 'node:diagnostics_channel';
import { createServer } from 'node:http';
import { Counter, collectDefaultMetrics, Gauge, register } from 'prom-client';
import { EventChannel, EventStream, WebSocketServer } from 'pushwire';
import { Hub } from 'pushwire/hub';

const hub = new Hub();
const news = new EventChannel();
/** In production, serve the metrics on a port that only Prometheus reaches. */
async function sendMetrics(response) {
  const metrics = await register.metrics();
  response.writeHead(200, { 'Content-Type': register.contentType }).end(metrics);
}

const server = createServer((request, response) => {
  // An unhandled rejection would end the process.
  if (request.url === '/metrics') return sendMetrics(response).catch(() => response.destroy());
  const stream = EventStream.open(request, response);
  if (request.url === '/news') news.add(stream);
  else hub.subscribe(stream, 'time');
});
const webSockets = new WebSocketServer({ server });
webSockets.on('connection', (webSocket) => {
  webSocket.on('error', () => {});
  hub.subscribe(webSocket, 'time');
});

collectDefaultMetrics();

/** A value that is read when Prometheus asks. Of `read()`, a number, or a number for each value of the label. */
function define(name, help, read, label) {
  const labelNames = label === undefined ? [] : [label];
  // Totals only grow, and by convention their names say so.
  const Type = name.endsWith('_total') ? Counter : Gauge;
  new Type({
    name: `pushwire_${name}`,
    help,
    labelNames,
    collect() {
      this.reset();
      const value = read();
      if (label === undefined) return this.inc(value);
      for (const [key, number] of Object.entries(value)) this.inc({ [label]: key }, number);
    },
  });
}

/** Clients choose codes from 3000 to 4999: one value of the label for all of them. */
function closeCodes() {
  const counts = {};
  for (const [code, number] of Object.entries(webSockets.metrics().closeCodes)) {
    const key = code >= 3000 ? '3000-4999' : code;
    counts[key] = (counts[key] ?? 0) + number;
  }
  return counts;
}

define('websocket_connections', 'Open WebSockets', () => webSockets.metrics().connections.open);
define('websocket_accepted_total', 'Opening handshakes', () => webSockets.metrics().connections.accepted);
define('websocket_refused_total', 'Refused clients', () => webSockets.metrics().connections.refused);
define('websocket_messages_total', 'Messages', () => webSockets.metrics().messages, 'direction');
define('websocket_bytes_total', 'Bytes of messages', () => webSockets.metrics().bytes, 'direction');
define('websocket_send_memory_bytes', 'Held for WebSockets that are slow', () => webSockets.metrics().sendMemory);
define('websocket_receive_memory_bytes', 'Input that is held', () => webSockets.metrics().receiveMemory);
define('websocket_closed_total', 'Closed WebSockets', closeCodes, 'code');
define('websocket_limits_total', 'Connections that exceeded a limit', () => webSockets.metrics().limits, 'option');

define('channel_streams', 'Event streams of the channel', () => news.metrics().streams);
define('channel_send_memory_bytes', 'Held for streams that are slow', () => news.metrics().sendMemory);
define('channel_history_bytes', 'Held for clients that come back', () => news.metrics().historyMemory);

define('hub_subscribers', 'Subscribers', () => hub.metrics().subscribers);
define('hub_topics', 'Topic filters that have subscribers', () => hub.metrics().topics);
define('hub_behind', 'Subscribers that have not been sent everything', () => hub.metrics().behind);
define('hub_published_total', 'Events that the log has confirmed', () => hub.metrics().published);
define('hub_failed_total', 'Events that the log has refused, or not confirmed in time', () => hub.metrics().failed);
define('hub_unconfirmed', 'Events that wait for the log now', () => hub.metrics().unconfirmed);
define('hub_delivered_total', 'Events sent, counted for each subscriber', () => hub.metrics().delivered);
define('hub_resets_total', 'Resets sent', () => hub.metrics().resets);
define('hub_pages_read_total', 'Pages read from the log', () => hub.metrics().pagesRead);
define('hub_recent_events', 'Recent events that are kept', () => hub.metrics().recentEvents);
define('hub_recent_memory_bytes', 'Held for clients that come back', () => hub.metrics().recentMemory);
define('hub_send_memory_bytes', 'Held for subscribers that are slow', () => hub.metrics().sendMemory);

// Events without a total are counted when they happen: here, the errors of all WebSockets of the process, including clients.
const errors = new Counter({ name: 'pushwire_errors_total', help: 'Errors of WebSockets', labelNames: ['code'] });
subscribe('pushwire:websocket:error', ({ error }) => errors.inc({ code: error.code }));
const logErrors = new Counter({ name: 'pushwire_hub_log_errors_total', help: 'Times that the log did not answer' });
subscribe('pushwire:hub:log-error', () => logErrors.inc());

setInterval(() => {
  const data = new Date().toISOString();
  news.broadcast({ data });
  hub.publish('time', { data }).catch((error) => console.error(error.message));
}, 1000);

server.listen(8080);
