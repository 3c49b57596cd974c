import * as sse from './sse/index.ts';
import * as websocket from './websocket/index.ts';
import { WebSocket } from './websocket/index.ts';

/**
 * The WebSocket class with every other export as a member: the default export, and what `require('pushwire')` returns.
 * Code written for `const WebSocket = require('ws')` and `new WebSocket.Server(…)` runs with it.
 *
 * The call is marked, so a bundler drops it, and everything that it refers to, if the default export is not used. In such
 * a bundle, the class `WebSocket` does not have these members.
 *
 * The published types have the types as members, too, such as `WebSocket.RawData`: build.ts writes them.
 */
const pushwire: typeof WebSocket & typeof websocket & typeof sse = /* @__PURE__ */ Object.assign(
  WebSocket,
  websocket,
  sse,
);
type pushwire = WebSocket;

export { pushwire };
