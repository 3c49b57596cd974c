import wsDefault, * as ws from 'ws';
import * as ours from '../../src/index.ts';

/** What `require('ws')` gives, and what `require('pushwire')` gives in its place, in the types of `ws`. */
export interface Implementation {
  readonly name: string;
  readonly WebSocket: typeof ws.WebSocket;
  readonly WebSocketServer: typeof ws.WebSocketServer;
  readonly createWebSocketStream: typeof ws.createWebSocketStream;
}

/** The same test runs with each: what holds for `ws` has to hold for ours. */
export const IMPLEMENTATIONS: readonly Implementation[] = [
  { name: 'ws', ...ws, WebSocket: wsDefault },
  { name: 'pushwire', ...(ours as unknown as Omit<Implementation, 'name'>), WebSocket: ours.default as never },
];
