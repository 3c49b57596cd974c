/** pushwire: WebSocket and Server-Sent Events for Node.js. The named exports, and one default export for users of `ws`. */
export { pushwire as default } from './default-export.ts';
export * from './sse/index.ts';
export * from './websocket/index.ts';
