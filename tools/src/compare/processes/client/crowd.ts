/** Many connections. They are plain sockets that only count bytes. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { now } from '../../clock.ts';
import type { CrowdOptions } from '../client-operations.ts';

interface Member {
  readonly socket: Socket;
  /** Received since the last call of {@link awaitBroadcast}. */
  bytes: number;
}

let crowd: Member[] = [];
let times: number[] = [];
let awaited: { readonly bytes: number; readonly resolve: () => void } | undefined;

/** The number of connections to open at the same time. */
const CONCURRENCY = 100;

const REQUESTS: Readonly<Record<CrowdOptions['technique'], string>> = {
  websocket:
    'GET /crowd HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
  'event-stream': 'GET /crowd HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n',
};

export async function openCrowd({ technique, port, count }: CrowdOptions): Promise<void> {
  let remaining = count;
  const open = async (): Promise<void> => {
    while (remaining-- > 0) {
      const member: Member = { socket: connect(port, '127.0.0.1'), bytes: 0 };
      member.socket.write(REQUESTS[technique]);
      crowd.push(member);
      // The head of the response.
      await once(member.socket, 'data');
      member.socket.on('data', (chunk: Buffer) => countBytes(member, chunk.length));
      member.socket.on('error', () => {});
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, open));
}

function countBytes(member: Member, bytes: number): void {
  const before = member.bytes;
  member.bytes += bytes;
  if (awaited === undefined || before >= awaited.bytes || member.bytes < awaited.bytes) return;
  times.push(now());
  if (times.length === crowd.length) awaited.resolve();
}

export async function awaitBroadcast(bytes: number): Promise<number[]> {
  for (const member of crowd) member.bytes = 0;
  times = [];
  await new Promise<void>((resolve) => {
    awaited = { bytes, resolve };
  });
  return times;
}

export function closeCrowd(): void {
  for (const { socket } of crowd) socket.destroy();
  crowd = [];
}
