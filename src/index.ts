/** pushwire: WebSocket and Server-Sent Events for Node.js, from scratch. */
export { pushwire as default, pushwire as 'module.exports' } from './default-export.ts';
export * from './sse/index.ts';
export * from './websocket/index.ts';
