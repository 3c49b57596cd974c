/** Complete exchanges: connect, send a message, receive the pushed answer. */
import { now } from '../../clock.ts';
import { messageText } from '../../message.ts';
import type { ClientExchange, ExchangeOptions } from '../client-operations.ts';
import { Http2Connection, nextMessageTime, openEventStream, openWebSocket, post } from './client-channel.ts';
import { timedAgent } from './timed-agent.ts';

const MESSAGE_BYTES = 64;

export function exchange(options: ExchangeOptions): Promise<ClientExchange[]> {
  const ids = Array.from({ length: options.count }, (_, index) => options.firstId + index);
  return Promise.all(ids.map((id) => exchangeOne(options, id)));
}

function exchangeOne(options: ExchangeOptions, id: number): Promise<ClientExchange> {
  if (options.technique === 'websocket') return exchangeOverWebSocket(options, id);
  return options.httpVersion === '2' ? exchangeOverHttp2(options, id) : exchangeOverHttp1(options, id);
}

async function exchangeOverWebSocket(options: ExchangeOptions, id: number): Promise<ClientExchange> {
  const channel = await openWebSocket(options);
  const answer = nextMessageTime(channel);
  const sent = now();
  channel.send(messageText(id, MESSAGE_BYTES));
  const times = { id, start: channel.start, opened: channel.opened, sent, secondConnection: 0, received: await answer };
  void channel.close();
  return times;
}

async function exchangeOverHttp1(options: ExchangeOptions, id: number): Promise<ClientExchange> {
  const { url, keepsConnection = false } = options;
  const requests = timedAgent(options, keepsConnection);
  if (keepsConnection) await post(url, requests, messageText(id, MESSAGE_BYTES));
  const streamUrl = `${url}?stream=${id}`;
  const channel = await openEventStream({ ...options, url: streamUrl });
  const answer = nextMessageTime(channel);
  const sent = now();
  const answered = await post(streamUrl, requests, messageText(id, MESSAGE_BYTES));
  const secondConnection = keepsConnection ? 0 : requests.times.secured - requests.times.start;
  const { start, opened } = channel;
  const times = { id, start, opened, sent, secondConnection, answered, received: await answer };
  void channel.close();
  requests.agent.destroy();
  return times;
}

async function exchangeOverHttp2(options: ExchangeOptions, id: number): Promise<ClientExchange> {
  const connection = new Http2Connection(options);
  const { pathname } = new URL(options.url);
  const path = `${pathname}?stream=${id}`;
  const channel = await connection.openEventStream({ ...options, url: `${options.url}?stream=${id}` }, false);
  const answer = nextMessageTime(channel);
  const sent = now();
  const answered = await connection.post(path, messageText(id, MESSAGE_BYTES));
  const { start, opened } = channel;
  const times = { id, start, opened, sent, secondConnection: 0, answered, received: await answer };
  connection.session.destroy();
  return times;
}
