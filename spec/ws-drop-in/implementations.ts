import wsDefault, * as ws from 'ws';
import * as ours from '../../src/index.ts';

/** The exports of `ws`, and those of pushwire with the types of `ws`. */
export interface Implementation {
  readonly name: string;
  readonly WebSocket: typeof ws.WebSocket;
  readonly WebSocketServer: typeof ws.WebSocketServer;
  readonly createWebSocketStream: typeof ws.createWebSocketStream;
}

/** Each test runs with both: pushwire has to behave like `ws`. */
export const IMPLEMENTATIONS: readonly Implementation[] = [
  { name: 'ws', ...ws, WebSocket: wsDefault },
  { name: 'pushwire', ...(ours as unknown as Omit<Implementation, 'name'>), WebSocket: ours.default as never },
];
