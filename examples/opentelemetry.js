// Counts of a WebSocketServer, an EventChannel and a Hub for OpenTelemetry. They are printed once a minute, and when the program ends.
import { subscribe } from 'node:diagnostics_channel';
import { createServer } from 'node:http';
import { metrics } from '@opentelemetry/api';
import { ConsoleMetricExporter, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { EventChannel, EventStream, WebSocketServer } from 'pushwire';
import { Hub } from 'pushwire/hub';

// An application sends them to a collector, with OTLPMetricExporter of @opentelemetry/exporter-metrics-otlp-proto.
const exporter = new ConsoleMetricExporter();
const provider = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter })] });
metrics.setGlobalMeterProvider(provider);

const hub = new Hub();
const news = new EventChannel();
const server = createServer((request, response) => {
  const stream = EventStream.open(request, response);
  if (request.url === '/news') news.add(stream);
  else hub.subscribe(stream, 'time');
});
const webSockets = new WebSocketServer({ server });
webSockets.on('connection', (webSocket) => {
  webSocket.on('error', () => {});
  hub.subscribe(webSocket, 'time');
});

const meter = metrics.getMeter('pushwire');
// Current values can decrease. Totals only grow.
const now = (name, unit) => meter.createObservableUpDownCounter(`pushwire.${name}`, { unit });
const total = (name, unit) => meter.createObservableCounter(`pushwire.${name}`, { unit });

const connections = now('websocket.connections', '{connection}');
const messages = total('websocket.messages', '{message}');
const bytes = total('websocket.io', 'By');
const closed = total('websocket.closed', '{connection}');
const streams = now('channel.streams', '{stream}');
const subscribers = now('hub.subscribers', '{subscriber}');
const behind = now('hub.behind', '{subscriber}');
const published = total('hub.published', '{event}');
const failed = total('hub.failed', '{event}');
const unconfirmed = now('hub.unconfirmed', '{event}');
const delivered = total('hub.delivered', '{event}');
const resets = total('hub.resets', '{event}');
const sendMemory = now('send_memory', 'By');

/** Clients choose codes from 3000 to 4999: one value of the attribute for all of them. */
function closeCodes(ofSockets) {
  const counts = {};
  for (const [code, number] of Object.entries(ofSockets.closeCodes)) {
    const key = code >= 3000 ? '3000-4999' : code;
    counts[key] = (counts[key] ?? 0) + number;
  }
  return counts;
}

/** Reads all counts at once, when they are exported. */
function observe(result) {
  const ofSockets = webSockets.metrics();
  result.observe(connections, ofSockets.connections.open);
  for (const direction of ['received', 'sent']) {
    result.observe(messages, ofSockets.messages[direction], { direction });
    result.observe(bytes, ofSockets.bytes[direction], { direction });
  }
  for (const [code, number] of Object.entries(closeCodes(ofSockets))) result.observe(closed, number, { code });
  result.observe(sendMemory, ofSockets.sendMemory, { part: 'websocket' });

  const ofChannel = news.metrics();
  result.observe(streams, ofChannel.streams);
  result.observe(sendMemory, ofChannel.sendMemory, { part: 'channel' });

  const ofHub = hub.metrics();
  result.observe(subscribers, ofHub.subscribers);
  result.observe(behind, ofHub.behind);
  result.observe(published, ofHub.published);
  result.observe(failed, ofHub.failed);
  result.observe(unconfirmed, ofHub.unconfirmed);
  result.observe(delivered, ofHub.delivered);
  result.observe(resets, ofHub.resets);
}
const observed = [connections, messages, bytes, closed, streams, subscribers, behind, published, failed, unconfirmed];
meter.addBatchObservableCallback(observe, [...observed, delivered, resets, sendMemory]);

// Events without a total are counted when they happen: here, the errors of all WebSockets of the process, including clients.
const errors = meter.createCounter('pushwire.errors', { unit: '{error}' });
subscribe('pushwire:websocket:error', ({ error }) => errors.add(1, { code: error.code }));
const logErrors = meter.createCounter('pushwire.hub.log_errors', { unit: '{error}' });
subscribe('pushwire:hub:log-error', () => logErrors.add(1));

const timer = setInterval(() => {
  const data = new Date().toISOString();
  news.broadcast({ data });
  hub.publish('time', { data }).catch((error) => console.error(error.message));
}, 1000);

process.once('SIGTERM', async () => {
  clearInterval(timer);
  server.close();
  await Promise.all([hub.shutdown(), news.shutdown()]);
  // It exports the last counts.
  await provider.shutdown();
});

server.listen(8080);
