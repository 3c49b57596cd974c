import { describe, expect, it, onTestFinished } from 'vitest';
import { serve } from '../../../spec/support/http-server.ts';
import { EventStream } from '../../../src/sse/index.ts';
import { WebSocketServer } from '../../../src/websocket/index.ts';
import { CATALOGUE, STREAM_CLIENT_CATALOGUE, STREAM_SERVER_CATALOGUE } from '../../src/conformance/catalogue.ts';
import { reportOf } from '../../src/conformance/report.ts';
import { selectCases } from '../../src/conformance/selection.ts';
import { serveCases } from '../../src/conformance/serve-cases.ts';
import { probeStreamServer } from '../../src/conformance/sse/probe-stream-server.ts';
import { probeServer } from '../../src/conformance/websocket/probe-server.ts';
import { schemaErrors } from './results-schema.ts';

const RESULT = {
  behavior: 'FAILED',
  behaviorClose: 'FAILED',
  duration: 3,
  remoteCloseCode: null,
  title: 'An id',
  section: 'HTML §9.2.6',
  text: 'Event 1 is missing',
  log: [{ time: 0, who: 'tester', what: '200' }],
};
const reportWith = (changes: object, id = '31.27.1'): object => ({ agent: { [id]: { ...RESULT, ...changes } } });

describe('the schema of results', () => {
  it('accepts the results of a WebSocket server', async () => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    onTestFinished(() => void server.close());
    server.on('connection', (socket) => {
      socket.on('error', () => {});
      socket.on('message', (data, isBinary) => void socket.send(data, { binary: isBinary }));
    });
    await new Promise((resolve) => server.on('listening', resolve));
    const cases = selectCases(CATALOGUE, ['1.1', '2', '3', '4', '7'], []);
    const { port } = server.address() as { port: number };
    const results = await probeServer(`ws://127.0.0.1:${port}`, cases, { concurrency: 8, timeLimit: 30_000 });
    expect(schemaErrors(reportOf('pushwire', cases, results))).toEqual([]);
  });

  it('accepts the results of an event-stream server, each verdict among them', async () => {
    const url = await serve((request, response) => {
      if (request.method !== 'GET') return void response.writeHead(405).end();
      const stream = EventStream.open(request, response, { heartbeat: 60_000 });
      stream.send({ id: '1', event: 'tick', data: 'a' });
      stream.send({ id: '1', event: 'tick', data: 'b' });
    });
    const cases = selectCases(STREAM_SERVER_CATALOGUE, ['20', '21', '23'], []);
    const results = await probeStreamServer(url, cases, { concurrency: 8, timeLimit: 1000, quietLimit: 1000 });
    expect(schemaErrors(reportOf('pushwire', cases, results))).toEqual([]);
    const verdicts = new Set(results.map(({ verdict }) => verdict));
    expect([...verdicts]).toEqual(expect.arrayContaining(['OK', 'NON-STRICT', 'INFORMATIONAL', 'UNIMPLEMENTED']));
  });

  it('accepts the list of cases, and the verdict on a report', async () => {
    const server = await serveCases([], STREAM_CLIENT_CATALOGUE, { port: 0, host: '127.0.0.1' });
    onTestFinished(() => server.close());
    const list = await (await fetch(`http://${server.address}/eventStreamCases`)).json();
    expect(schemaErrors(list, 'eventStreamCases')).toEqual([]);
    const report = { method: 'POST', body: '[]' };
    const verdict = await fetch(`http://${server.address}/reportEventStream?case=1&agent=it`, report);
    expect(schemaErrors(await verdict.json(), 'verdictOnReport')).toEqual([]);
    expect(schemaErrors(server.report())).toEqual([]);
  });

  it('accepts properties that it does not know', () => {
    expect(schemaErrors(reportWith({ started: '2026-01-01T00:00:00Z' }))).toEqual([]);
  });

  it.each<[string, object]>([
    ['an unknown verdict', reportWith({ behavior: 'PASSED' })],
    ['a failure without a text', reportWith({ text: '' })],
    ['a missing verdict', reportWith({ behavior: undefined })],
    ['a negative duration', reportWith({ duration: -1 })],
    ['a close code beyond 16 bits', reportWith({ remoteCloseCode: 65_536 })],
    ['an entry of nobody', reportWith({ log: [{ time: 0, who: 'nobody', what: '' }] })],
    ['a number that is none', reportWith({}, '31')],
    ['a result that is a list', { agent: { '31.1.1': [] } }],
    ['an agent that is a list', { agent: [] }],
  ])('refuses %s', (_, report) => {
    expect(schemaErrors(report)).not.toEqual([]);
  });

  it.each<[string, unknown]>([
    ['no array', { type: 'message' }],
    ['an event without a type', [{ data: 'a' }]],
    ['data that is no text', [{ type: 'message', data: 1 }]],
    ['a readyState that does not exist', [{ type: 'open', readyState: 3 }]],
  ])('refuses a report of dispatched events: %s', (_, events) => {
    expect(schemaErrors(events, 'dispatchedEvents')).not.toEqual([]);
  });
});
