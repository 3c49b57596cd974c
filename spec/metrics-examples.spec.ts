import { fileURLToPath } from 'node:url';
import { EventSource } from 'undici';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { ChildProgram } from './support/child-program.ts';

/** Starts an example, and returns when each kind of client has received an event, and the connection of a faulty one has failed. */
async function start(name: string): Promise<{ program: ChildProgram; port: number }> {
  const file = fileURLToPath(new URL(`../examples/${name}`, import.meta.url));
  const { program, port } = await ChildProgram.listening(file);
  const webSocket = new WebSocket(`ws://localhost:${port}`);
  onTestFinished(() => webSocket.terminate());
  const received = new Promise((resolve) =>
    webSocket.on('message', (data) => `${data}`.includes('time') && resolve(0)),
  );
  for (const path of ['news', 'time']) {
    const source = new EventSource(`http://localhost:${port}/${path}`);
    onTestFinished(() => source.close());
    await new Promise((resolve) => source.addEventListener('message', resolve, { once: true }));
  }
  await received;
  // Each code from 3000 to 4999 is allowed: a client must not be able to add 2,000 values of a label.
  const closing = new WebSocket(`ws://localhost:${port}`);
  closing.on('open', () => closing.close(4321));
  await new Promise((resolve) => closing.on('close', resolve));
  const faulty = new WebSocket(`ws://localhost:${port}`);
  faulty.on('open', () => faulty.send(Buffer.of(0xff), { binary: false }));
  await new Promise((resolve) => faulty.on('close', resolve));
  return { program, port };
}

/** Asks for the counts, until the connections of the two clients that close have ended on the server, too. */
async function counts(port: number): Promise<{ type: string | null; text: string }> {
  for (;;) {
    const response = await fetch(`http://localhost:${port}/metrics`);
    const text = await response.text();
    if (text.split('\npushwire_websocket_closed_total{').length === 3)
      return { type: response.headers.get('Content-Type'), text };
  }
}

describe('examples/prometheus.js', () => {
  it('serves the counts of a WebSocketServer, an EventChannel, a Hub and diagnostics_channel, and the same totals when it is asked again', async () => {
    const { port } = await start('prometheus.js');
    const { type, text } = await counts(port);
    expect(type).toMatch(/^text\/plain; version=0\.0\.4/);
    const lines = text.split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        '# TYPE pushwire_websocket_connections gauge',
        'pushwire_websocket_connections 1',
        '# TYPE pushwire_websocket_accepted_total counter',
        'pushwire_websocket_accepted_total 3',
        'pushwire_websocket_messages_total{direction="received"} 0',
        'pushwire_websocket_closed_total{code="1006"} 1',
        'pushwire_websocket_closed_total{code="3000-4999"} 1',
        'pushwire_channel_streams 1',
        'pushwire_hub_subscribers 2',
        'pushwire_hub_topics 1',
        'pushwire_hub_failed_total 0',
        'pushwire_errors_total{code="WS_ERR_INVALID_UTF8"} 1',
        'pushwire_hub_log_errors_total 0',
      ]),
    );
    const published = lines.find((line) => line.startsWith('pushwire_hub_published_total '));
    expect(Number(published!.split(' ')[1])).toBeGreaterThan(0);
    // Not their sum.
    expect((await counts(port)).text).toContain('\npushwire_websocket_accepted_total 3\n');
  });
});

describe('examples/opentelemetry.js', () => {
  it.skipIf(process.platform === 'win32')('exports the same counts when it ends', async () => {
    const { program } = await start('opentelemetry.js');
    program.process.kill('SIGTERM');
    expect(await program.ended()).toBe(0);
    const { output } = program;
    // What the exporter of the console prints of each count.
    const valuesOf = (name: string): string =>
      new RegExp(`name: '${name.replaceAll('.', '\\.')}'.*?dataPoints: \\[(.*?)\\n  \\]`, 's').exec(output)?.[1] ?? '';
    expect(valuesOf('pushwire.websocket.closed')).toMatch(/code: '1006'.*value: 1\b/s);
    expect(valuesOf('pushwire.websocket.closed')).toMatch(/code: '3000-4999'.*value: 1\b/s);
    expect(valuesOf('pushwire.errors')).toMatch(/code: 'WS_ERR_INVALID_UTF8'.*value: 1\b/s);
    expect(valuesOf('pushwire.hub.published')).toMatch(/value: [1-9]/);
    expect(valuesOf('pushwire.hub.delivered')).toMatch(/value: [1-9]/);
    expect(valuesOf('pushwire.send_memory')).toMatch(/part: 'websocket'.*part: 'channel'/s);
  });
});
