/** Messages from the client to the server. */
import { now } from '../../clock.ts';
import { messageText } from '../../message.ts';
import type { Upload, UploadOptions } from '../client-operations.ts';
import { nextMessageTime, openWebSocket, type WebSocketChannel } from './client-channel.ts';

let webSocket: WebSocketChannel | undefined;

export async function upload(options: UploadOptions): Promise<Upload> {
  const before = process.cpuUsage();
  const sent: number[] = [];
  await (options.technique === 'websocket' ? sendFrames(options, sent) : sendRequests(options, sent));
  const { user, system } = process.cpuUsage(before);
  return { sent, cpu: (user + system) / 1000 };
}

/** Closes the WebSocket of an upload. Its messages may still be on their way when `upload` resolves. */
export async function closeUpload(): Promise<void> {
  await webSocket?.close();
  webSocket = undefined;
}

/** Sends all messages at once or, with `inFlight: 1`, waits for the answer to each. */
async function sendFrames(options: UploadOptions, sent: number[]): Promise<void> {
  const channel = await openWebSocket(options);
  webSocket = channel;
  while (sent.length < options.count) {
    const answer = options.inFlight === 1 ? nextMessageTime(channel) : undefined;
    const text = messageText(sent.length, options.bytes);
    sent.push(now());
    channel.send(text);
    await answer;
  }
}

/** Sends POST requests with `fetch`, as a page does, over keep-alive connections. */
async function sendRequests({ url, count, bytes, inFlight }: UploadOptions, sent: number[]): Promise<void> {
  const send = async (): Promise<void> => {
    while (sent.length < count) {
      const body = messageText(sent.length, bytes);
      sent.push(now());
      const response = await fetch(url, { method: 'POST', body });
      await response.arrayBuffer();
    }
  };
  await Promise.all(Array.from({ length: inFlight }, send));
}
